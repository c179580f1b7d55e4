import type { JobDefinition, JobView } from '../kernel/definition.js'
import type { Json } from '../kernel/types.js'

/** How jobs move: with the clock, with each look at them, or only when told. */
export type JobMode = { by: 'clock'; duration: number } | { by: 'polls'; polls: number } | { by: 'hand' }

export interface JobState {
  kind: string
  id: string
  owner: string
  startedAt: number
  /** Running states of this one job, where they are not those of its kind. */
  steps?: JobDefinition['steps']
  mode: JobMode
  /** Polls seen, or steps taken by hand. */
  ticks: number
  fail?: { step: number; reason: string }
  /** Cancelled at a time, after that many transitions. */
  cancelled?: { at: number; after: number }
  /** Transitions already told to `enter`: 0 before the first step. */
  told: number
  /** When the last of them happened. */
  toldAt: number
  data: Json
}

/** The whole story of a job: when it enters each of its states. Times are `Infinity` for what a poll or a hand has yet to bring. */
export interface Transition {
  status: string
  at: number
  outcome?: 'success' | 'failure' | 'cancelled'
}

/** Pure: definition and state give the story, nothing else does. */
export function transitions(definition: JobDefinition, job: JobState): Transition[] {
  const steps = job.steps ?? definition.steps
  const shares = steps.map((step) => step.share ?? 1)
  const total = shares.reduce((sum, share) => sum + share, 0)
  const story: Transition[] = []
  let before = 0
  for (const [i, step] of steps.entries()) {
    story.push({ status: step.status, at: reached(job, before, total, i) })
    before += shares[i]!
    if (job.fail?.step === i) {
      story.push({ status: definition.failure ?? 'failed', at: reached(job, before, total, i + 1), outcome: 'failure' })
      return cut(definition, job, story)
    }
  }
  story.push({ status: definition.success, at: reached(job, before, total, steps.length), outcome: 'success' })
  return cut(definition, job, story)
}

function cut(definition: JobDefinition, job: JobState, story: Transition[]): Transition[] {
  if (!job.cancelled) return story
  return [...story.slice(0, job.cancelled.after), { status: definition.cancelled ?? 'cancelled', at: job.cancelled.at, outcome: 'cancelled' }]
}

function reached(job: JobState, before: number, total: number, index: number): number {
  const { mode } = job
  if (mode.by === 'clock') return job.startedAt + (total === 0 ? 0 : Math.round((mode.duration * before) / total))
  if (index === 0) return job.startedAt
  const needed = mode.by === 'hand' ? index : Math.max(1, Math.ceil((mode.polls * before) / total))
  // Ticks carry no time of their own: what they have reached counts as reached when it was first seen.
  return job.ticks >= needed ? job.startedAt : Number.POSITIVE_INFINITY
}

/** The job as it stands at a time. */
export function viewAt(definition: JobDefinition, job: JobState, now: number): JobView {
  const story = transitions(definition, job)
  let step = 0
  while (step + 1 < story.length && story[step + 1]!.at <= now) step++
  const current = story[step]!
  const done = current.outcome !== undefined
  return {
    kind: job.kind,
    id: job.id,
    owner: job.owner,
    status: current.status,
    step,
    progress: done && current.outcome === 'success' ? 100 : progress(definition, job, done ? current.at : now),
    startedAt: job.startedAt,
    at: job.mode.by === 'clock' || step === 0 ? current.at : job.toldAt,
    finishedAt: done ? (job.mode.by === 'clock' || current.outcome === 'cancelled' ? current.at : job.toldAt) : undefined,
    done,
    outcome: current.outcome,
    reason: current.outcome === 'failure' ? job.fail?.reason : undefined,
    data: job.data,
  }
}

function progress(definition: JobDefinition, job: JobState, at: number): number {
  const { mode } = job
  if (mode.by === 'clock') return mode.duration <= 0 ? 0 : percent((at - job.startedAt) / mode.duration)
  return percent(job.ticks / (mode.by === 'polls' ? mode.polls : (job.steps ?? definition.steps).length))
}

function percent(part: number): number {
  return Math.min(99, Math.max(0, Math.floor(part * 100)))
}
