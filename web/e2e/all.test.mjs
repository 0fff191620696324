// All tests of the pages: one server, one browser.
import { after, before } from 'node:test'
import { addresses } from './address.mjs'
import { causes } from './causes.mjs'
import { dashboards } from './dashboards.mjs'
import { hostileInput } from './hostile.mjs'
import { journey } from './journey.mjs'
import { pages } from './pages.mjs'
import { serverAway } from './away.mjs'
import { session } from './session.mjs'
import { topology } from './topology.mjs'
import { world } from './support/world.mjs'

before(() => world.begin(), { timeout: 300_000 })
after(() => world.end())
journey()
causes()
topology()
dashboards()
addresses()
session()
pages()
hostileInput()
serverAway()
