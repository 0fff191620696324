/** Counts steps of work, so that tests can bound it on any machine. */
export interface Meter {
  steps: number
}

export const newMeter = (): Meter => ({ steps: 0 })
