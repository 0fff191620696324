export { default } from './TopologyPage.vue'
