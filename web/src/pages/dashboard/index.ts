export { default } from './DashboardPage.vue'
