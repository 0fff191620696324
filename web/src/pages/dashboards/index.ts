export { default } from './DashboardsPage.vue'
