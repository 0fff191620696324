export { default } from './SettingsPage.vue'
