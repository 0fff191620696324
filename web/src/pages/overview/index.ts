export { default } from './OverviewPage.vue'
