import { byFolder } from '@/ui/i18n'

export default byFolder(
  import.meta.glob(['/src/ui/locale/en.json', '/src/shell/locale/en.json', '/src/pages/*/locale/en.json'], { eager: true, import: 'default' }),
)
