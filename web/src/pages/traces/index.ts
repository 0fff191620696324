export { default } from './TracesPage.vue'
