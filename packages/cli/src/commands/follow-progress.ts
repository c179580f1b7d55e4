import type { Context } from '../app/command.js'
import { printable } from '../app/output/plain.js'
import { progressMode, startProgress, type Progress, type ProgressMode } from '../app/progress.js'

export interface Step {
  readonly status?: string | undefined
  readonly percent?: number | undefined
  /** What it is at: the name of a step, a node, a message. */
  readonly detail?: string | undefined
}

const BAR = 24

/** Where something long is: a bar on a terminal, otherwise a line for each change. On stderr. */
export class FollowProgress {
  private step: Step = {}
  private told = ''
  private readonly mode: ProgressMode
  private readonly progress: Progress
  private readonly began: number

  constructor(
    private readonly context: Context,
    private readonly what: string,
  ) {
    const { io, settings } = context
    this.mode = progressMode(io, settings, undefined)
    this.began = io.now()
    // Lines are written when something changes, by `show`; the shared display only ever draws the block.
    this.progress = startProgress(io, this.mode === 'lines' ? 'none' : this.mode, { block: () => [this.bar()], line: () => this.line() }, settings.quiet)
  }

  show(step: Step): void {
    this.step = { status: step.status ?? this.step.status, percent: step.percent ?? this.step.percent, detail: step.detail ?? (step.status === undefined || step.status === this.step.status ? this.step.detail : undefined) }
    if (this.mode === 'block') return this.progress.changed()
    const line = this.line()
    if (this.mode !== 'lines' || line === this.told) return
    this.told = line
    void this.context.note(line)
  }

  stop(): Promise<void> {
    return this.progress.stop()
  }

  private bar(): string {
    const { status = '', percent, detail } = this.step
    const seconds = Math.round((this.context.io.now() - this.began) / 1000)
    const filled = percent === undefined ? 0 : Math.round((Math.min(100, Math.max(0, percent)) / 100) * BAR)
    const drawn = percent === undefined ? '' : `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${String(Math.round(percent)).padStart(3)} %`
    return printable([drawn, this.what, status, detail, `${seconds} s`].filter(Boolean).join('  ')).replaceAll('\n', ' ')
  }

  private line(): string {
    const { status, percent, detail } = this.step
    return printable(`${this.what}: ${[status, percent === undefined ? '' : `${Math.round(percent)} %`, detail].filter(Boolean).join(', ')}`).replaceAll('\n', ' ')
  }
}

const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** What a state, a message of a socket or an event of a feed says about where it is. */
export function stepOf(value: unknown): Step {
  if (typeof value !== 'object' || value === null) return {}
  const of = value as Record<string, unknown>
  const nested = typeof of['progress'] === 'object' && of['progress'] !== null ? (of['progress'] as Record<string, unknown>) : {}
  const node = text(of['node_id'])
  const type = text(of['type']) ?? text(of['event_type'])
  // Pieces of a text, many a second: not a step.
  if (type === 'agent_token') return {}
  return {
    // Of a node, the status is not that of the whole.
    status: node === undefined ? text(of['status']) : undefined,
    percent: number(of['progress']) ?? number(of['percentage']) ?? number(of['percent']) ?? number(nested['percent']) ?? number(nested['percentage']),
    detail: text(of['current_step']) ?? text(of['currentStep']) ?? text(of['stage']) ?? (node === undefined ? text(of['message']) ?? type?.replace(/^execution_completed$/, '') : `${type?.replaceAll('_', ' ') ?? ''} ${node}`.trim()),
  }
}
