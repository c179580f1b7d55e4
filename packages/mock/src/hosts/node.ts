import type { Gateway } from './gateway.js'
export async function listen(_gateway: Gateway, _where?: { port?: number; host?: string; token?: string }): Promise<{ url: string; port: number; close(): Promise<void> }> {
  throw new Error('todo')
}
