// All tests of the pages: one server, one browser.
import { after, before } from 'node:test'
import { hostileInput } from './hostile.mjs'
import { journey } from './journey.mjs'
import { pages } from './pages.mjs'
import { serverAway } from './away.mjs'
import { world } from './support/world.mjs'

before(() => world.begin(), { timeout: 300_000 })
after(() => world.end())
journey()
pages()
hostileInput()
serverAway()
