import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Stands between a process and Redis: once something is said to Redis, what Redis answers is kept back until it is let go. */
export class HoldingProxy {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private kept: (() => void)[] | undefined
  private over = false
  private seen!: () => void
  /** Redis has answered to what was waited for, and the process has not heard of it. */
  readonly held = new Promise<void>((resolve) => (this.seen = resolve))

  constructor(private readonly redisPort: number, private readonly words: string) {
    this.server = createServer((client) => this.join(client))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** From here on everything passes. */
  release(): void {
    const kept = this.kept ?? []
    this.kept = undefined
    this.over = true
    for (const write of kept) write()
  }

  close(): void {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }

  private join(client: Socket): void {
    const redis = connect(this.redisPort, '127.0.0.1')
    for (const [one, other] of [[client, redis], [redis, client]] as const) {
      this.sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
    client.on('data', (chunk) => {
      if (!this.over && String(chunk).includes(this.words)) this.kept ??= []
      redis.write(chunk)
    })
    redis.on('data', (chunk) => {
      if (this.kept === undefined) return void client.write(chunk)
      this.kept.push(() => client.write(chunk))
      this.seen()
    })
  }
}
