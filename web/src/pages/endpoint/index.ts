export { default } from './EndpointPage.vue'
