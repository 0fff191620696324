import { byFolder } from '@/ui/i18n'

export default byFolder(
  import.meta.glob(['/src/ui/locale/zh.json', '/src/shell/locale/zh.json', '/src/pages/*/locale/zh.json'], { eager: true, import: 'default' }),
)
