import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { expect, it } from 'vitest'
import { changeAddress, choiceCodec, flagCodec, numberCodec } from './address'

async function routerAt(path: string) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:page', component: {} }] })
  await router.push(path)
  return router
}
/** Does something to the address and waits until the router has arrived. */
function arrived(router: Router, change: () => void): Promise<void> {
  return new Promise((done) => {
    const stop = router.afterEach(() => {
      stop()
      done()
    })
    change()
  })
}

it('changes of one turn are one step back', async () => {
  const router = await routerAt('/overview?find=x')
  await arrived(router, () => {
    changeAddress(router, { from: '1', to: '2' }, true)
    changeAddress(router, { find: null })
  })
  expect(router.currentRoute.value.query).toEqual({ from: '1', to: '2' })
  await arrived(router, () => router.back())
  expect(router.currentRoute.value.query).toEqual({ find: 'x' })
})

it('a change without a push leaves no step', async () => {
  const router = await routerAt('/a')
  await router.push('/b')
  await arrived(router, () => changeAddress(router, { find: 'y', tag: ['p=1', 'q=2'] }))
  expect(router.currentRoute.value.fullPath).toBe('/b?find=y&tag=p=1&tag=q=2')
  await arrived(router, () => router.back())
  expect(router.currentRoute.value.path).toBe('/a')
})

it('what does not parse is the standard, and the standard is not written', () => {
  const choice = choiceCodec(['a', 'b'] as const, 'a')
  expect([choice.parse('b'), choice.parse('x'), choice.parse(null)]).toEqual(['b', 'a', 'a'])
  expect(choice.format('a')).toBeNull()
  expect([numberCodec().parse('1.5'), numberCodec(3).parse('x'), numberCodec().parse('')]).toEqual([1.5, 3, null])
  expect([flagCodec.parse('1'), flagCodec.format(false)]).toEqual([true, null])
})
