export { default } from './DashboardEditor.vue'
