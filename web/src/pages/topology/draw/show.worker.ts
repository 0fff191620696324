import type { Camera } from '@/model'
import { placeMap, placePicture, type Place } from './place'
import type { Drawn, Shown } from './scene'

type Picture = Extract<Drawn, { picture: ImageBitmap }>
type Whole = Extract<Drawn, { map: ImageBitmap }>

let context: OffscreenCanvasRenderingContext2D | null = null
let camera: Camera = { x: 0, y: 0, k: 1 }
let picture: Picture | null = null
let whole: Whole | null = null
let planned = false

function put(image: ImageBitmap, { x, y, width, height }: Place): void {
  context?.drawImage(image, x, y, width, height)
}

function present(): void {
  planned = false
  if (context === null || picture === null) return
  const { shot } = picture
  const { canvas } = context
  const width = Math.round(shot.width * shot.ratio)
  const height = Math.round(shot.height * shot.ratio)
  // Setting a size clears, so only another one is set.
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const place = placePicture(shot, camera)
  const covers = place.x <= 0 && place.y <= 0 && place.x + place.width >= width && place.y + place.height >= height
  if (!covers) {
    context.fillStyle = shot.ground
    context.fillRect(0, 0, width, height)
    if (whole) put(whole.map, placeMap(whole, camera, shot.ratio))
  }
  put(picture.picture, place)
}

/** One frame for all that came since the last. */
function plan(): void {
  if (planned) return
  planned = true
  requestAnimationFrame(present)
}

function receive(drawn: Drawn): void {
  if ('map' in drawn) {
    whole?.map.close()
    whole = drawn
  } else {
    picture?.picture.close()
    picture = drawn
  }
  plan()
}

self.onmessage = ({ data }: MessageEvent<Shown>) => {
  if ('camera' in data) {
    camera = data.camera
    plan()
    return
  }
  context = data.canvas.getContext('2d', { alpha: false })
  data.pictures.onmessage = (event: MessageEvent<Drawn>) => receive(event.data)
}
