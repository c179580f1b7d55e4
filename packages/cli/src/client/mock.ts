import type { ClientOptions } from '@orkit/sdk/core'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Context } from '../app/command.js'
import type { Io } from '../app/io.js'
import { stateFolder } from '../app/paths.js'
import { replaceFile } from '../app/replace-file.js'

/** State in a file: read once, replaced as a whole. */
export function fileState(file: string) {
  return {
    load: async () => {
      try {
        return await readFile(file, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    save: async (state: string) => {
      await mkdir(dirname(file), { recursive: true })
      await replaceFile(file, state)
    },
  }
}

/** The reference server in this process, with the state that the last `--mock` command of the system left. */
export async function startMock(system: string, io: Io, onClose: Context['onClose']): Promise<{ options: ClientOptions; credentials: Readonly<Record<string, string>> }> {
  const { createMock } = await import('@orkit/mock')
  const name = system as Parameters<ReturnType<typeof createMock>['baseUrl']>[0]
  const mock = createMock({ systems: [name], state: fileState(join(stateFolder(io), 'mock', `${system}.json`)) })
  onClose(() => mock.close())
  const credentials = (await mock.credentials(name)) as Record<string, unknown>
  return {
    options: {
      baseUrl: mock.baseUrl(name),
      fetch: mock.fetch,
      webSocket: Object.assign((url: string, init?: { headers?: Record<string, string> }) => mock.webSocket(url, init), { sendsHeaders: true }) as NonNullable<ClientOptions['webSocket']>,
      allowInsecureHttp: true,
    },
    credentials: Object.fromEntries(Object.entries(credentials).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  }
}
