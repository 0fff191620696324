// Runs before anything large has arrived, and sends for all that the first page needs at once: its code, its texts, its data.
import { askEarly, startedAt } from '@/api/early'
import { queryString } from '@/api/queryString'
import { parseRange, resolve } from '@/ui/time/range'
import { localeOf, remembered } from '@/ui/view/language'

void import('./main')
void (localeOf(remembered('language')) === 'zh' ? import('@/shell/locales/zh') : import('@/shell/locales/en'))

const page = location.pathname.slice(location.pathname.lastIndexOf('/') + 1)
if (page === '' || page === 'overview') {
  const address = new URLSearchParams(location.search)
  const { from, to } = resolve(parseRange(address.get('last'), address.get('from'), address.get('to')), startedAt)
  const compare = address.get('compare') ?? 'previous'
  askEarly(`ui/overview${queryString({ from, to, compare, group: address.get('group'), layer: address.get('layer') })}`)
  void import('@/pages/overview')
}
