/** A line of a stack trace. */
export interface StackLine {
  text: string
  /** `cause` begins an exception, `own` is a frame of the application, `library` one of a framework or the language. */
  kind: 'cause' | 'own' | 'library' | 'note'
}

/** Lines beyond this many are cut. */
export const STACK_LINES = 2000

const FRAME = /^\s*(?:at |File "|from |\d+: |#\d+ |[\w./-]+\.(?:go|rs|rb|php|py|js|ts):\d+)|^\s+\S+\(.*\)$|:\d+:in /
const CAUSE = /^(?:Caused by|Suppressed|Traceback|panic|goroutine|\s*Exception in thread)|^[\w.$]+(?:Exception|Error|Throwable)\b/
const LIBRARY =
  /^\s*(?:at |File "|from )?"?(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|scala|org\.(?:springframework|apache|eclipse|hibernate|jboss|junit|mybatis)|io\.(?:netty|grpc|undertow|micrometer|opentelemetry)|reactor|com\.(?:mysql|google|fasterxml|zaxxer|alibaba\.druid)|node:|internal\/)\b|node_modules|site-packages|\/lib\/python|\/usr\/local\/go\/src|\/rustc\/|\.cargo\/registry/

/** Tells the lines of a stack trace of any language apart. */
export function stackLines(stack: string): StackLine[] {
  return stack
    .split(/\r?\n/, STACK_LINES)
    .filter((line) => line.trim() !== '')
    .map((text) => ({ text, kind: kindOf(text.slice(0, 400)) }))
}

function kindOf(line: string): StackLine['kind'] {
  if (CAUSE.test(line)) return 'cause'
  if (!FRAME.test(line)) return 'note'
  return LIBRARY.test(line) ? 'library' : 'own'
}
