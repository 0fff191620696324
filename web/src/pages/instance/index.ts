export { default } from './InstancePage.vue'
