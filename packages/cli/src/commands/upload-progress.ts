import { shownPath, type Batch, type BatchEvent, type Item } from '@orkit/sdk/batch'
import type { ProgressSource } from '../app/progress.js'
import { printable } from '../app/output/text.js'

const LAST = 3

/** A batch as people see it while it runs. */
export class BatchDisplay implements ProgressSource {
  private readonly troubles: string[] = []
  private before: number | undefined
  private following = false
  private sinceMs: number | undefined

  constructor(private readonly batch: Batch, private readonly system: string, private readonly now: () => number) {}

  /** The item has come as far as it will in this run, as far as can be told. */
  isEnd(fate: Readonly<Item>): boolean {
    return fate.state === 'done' || fate.state === 'failed' || fate.state === 'rejected' || fate.state === 'skipped'
  }

  take(event: BatchEvent): void {
    if (event.type === 'listed') {
      this.before = event.items - event.left
      this.sinceMs = this.now()
    }
    if (event.type === 'item' && (event.state === 'failed' || event.state === 'rejected')) {
      const fate = this.batch.fateOf(event.item)
      this.troubles.push(`${shownPath(event.item)}: ${fate.code ?? event.state}${fate.message ? `: ${fate.message}` : ''}`)
      if (this.troubles.length > LAST) this.troubles.shift()
    }
  }

  /** What is worth a line of its own. */
  noteOf(event: BatchEvent): string | undefined {
    if (event.type === 'note') return event.message
    if (event.type === 'stop' && event.reason.kind === 'signal') return 'Stopping: what is under way is finished. Ctrl-C once more ends at once; the journal keeps what is known.'
    if (event.type === 'listed' && event.earlier > 0) return `${event.items} item${event.items === 1 ? '' : 's'}, ${event.earlier} of them settled in earlier runs`
    return undefined
  }

  block(): string[] {
    const shot = this.batch.snapshot()
    const { states } = shot
    const ended = states.done + states.failed + states.rejected + states.skipped
    const sent = ended + states.accepted
    this.following ||= shot.following > 0
    const counts = this.following ? `${ended}/${shot.total} done` : `${sent}/${shot.total} sent`
    const share = shot.total === 0 ? 0 : (this.following ? ended : sent) / shot.total
    const lines = [`${bar(share)} ${this.system}  ${[counts, bytes(shot.sentBytes), this.pace(this.following ? ended : sent, shot.total)].filter(Boolean).join('  ')}`]
    const parts = [
      shot.inFlight > 0 ? `${shot.inFlight} under way` : '',
      shot.following > 0 ? `${shot.following} in processing` : '',
      states.planned > 0 ? `${states.planned} to send` : '',
      states.unknown > 0 ? `${states.unknown} to be settled` : '',
      states.failed > 0 ? `${states.failed} failed` : '',
      states.rejected > 0 ? `${states.rejected} rejected` : '',
    ].filter(Boolean)
    if (parts.length > 0) lines.push(`  ${parts.join(' · ')}`)
    if (shot.pause !== undefined) lines.push(`  waiting ${duration(shot.pause.until - this.now())}: ${printable(shot.pause.reason)}`)
    for (const trouble of this.troubles) lines.push(`  ! ${printable(trouble).replaceAll('\n', ' ')}`)
    return lines
  }

  line(): string {
    return this.block().slice(0, 3).map((line) => line.trim().replace(/^\[[^\]]*\] /, '')).join(' · ')
  }

  private pace(done: number, total: number): string {
    if (this.sinceMs === undefined || this.before === undefined) return ''
    const seconds = (this.now() - this.sinceMs) / 1000
    const fresh = done - this.before
    if (seconds < 1 || fresh < 1) return ''
    const rate = fresh / seconds
    return `${rate < 1 ? `${(rate * 60).toFixed(0)}/min` : `${rate.toFixed(1)}/s`}${done < total ? `  ${duration(((total - done) / rate) * 1000)} left` : ''}`
  }
}

/** An event for machines; results and notes are not progress. */
export function eventOf(event: BatchEvent): object | undefined {
  switch (event.type) {
    case 'item':
      return { type: 'item', path: shownPath(event.item), state: event.state, ...(event.item.job === undefined ? {} : { job: event.item.job }), ...(event.item.code === undefined ? {} : { code: event.item.code }) }
    case 'retry':
      return { type: 'retry', path: shownPath(event.item), message: event.error.message, delay_ms: Math.round(event.delayMs) }
    case 'stop':
      return { type: 'stop', kind: event.reason.kind, ...(event.reason.kind === 'error' ? { message: event.reason.error.message } : {}) }
    case 'summary': {
      const { stopped, ...facts } = event.summary
      return { type: 'summary', ...facts, ...(stopped === undefined ? {} : { stopped: stopped.kind }) }
    }
    case 'result':
      return undefined
    default:
      return event
  }
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 20)
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}]`
}

export function bytes(count: number): string {
  if (count <= 0) return ''
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** step
  return `${step === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[step]!}`
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  if (seconds < 100) return `${seconds} s`
  return seconds < 6_000 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
