/** Batches that many machines work on: BullMQ on Redis. Node only; needs the packages bullmq, ioredis and rate-limiter-flexible. */
export { queueBatch, type QueueBatchOptions } from './submit.js'
export { workQueue, type WorkEvent, type WorkOptions } from './work.js'
export { cancelQueued, listQueue, showQueued, type QueuedBatch } from './manage.js'
export { QueueError } from './errors.js'
export { BatchHaltedError } from './halted.js'
export { redisRateLimitStore } from './limits.js'
export { redactQueueUrl } from './url.js'
