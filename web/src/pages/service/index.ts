export { default } from './ServicePage.vue'
