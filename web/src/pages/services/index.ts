export { default } from './ServicesPage.vue'
