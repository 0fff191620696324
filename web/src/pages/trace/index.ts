export { default } from './TracePage.vue'
