/** Makes a canvas as sharp as the screen is and clears it; gives its context, which counts in CSS pixels, and the device pixels of one. */
export function fitCanvas(canvas: HTMLCanvasElement | null, width: number, height: number): { context: CanvasRenderingContext2D; ratio: number } | null {
  const context = canvas?.getContext('2d')
  if (!canvas || !context || width === 0) return null
  const ratio = window.devicePixelRatio || 1
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) }
  // Setting a size takes new memory, so only another one is set.
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  return { context, ratio }
}
