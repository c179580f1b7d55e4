// What a user starts: five systems on a port.
import { createMock } from '@orkit/mock'

const { port } = await createMock().listen({ port: Number(process.argv[2]) })
process.send?.(port)
