import type { Json } from '../../kernel/types.js'
import { actions } from './table.js'
import { ref, schemas } from './schemas.js'

/** The OpenAPI document of `/__orkit`, made of the table that routes it. */
export function controlDocument(origin: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const action of actions) {
    const parameters = [
      ...[...action.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(action.query ?? {}).map(([name, { description, ...schema }]) => ({ name, in: 'query', description, schema })),
      { $ref: '#/components/parameters/World' },
    ]
    const answers = Object.entries(action.answers).map(([status, { description, schema, type = 'application/json' }]) => [status, { description, content: { [type]: { schema } } }])
    ;(paths[action.path] ??= {})[action.method.toLowerCase()] = {
      operationId: action.id,
      tags: [action.tag],
      summary: action.summary,
      description: [action.description, inProcess(action.inProcess)].filter(Boolean).join('\n\n'),
      parameters,
      ...(action.body && { requestBody: { ...(action.body.required && { required: true }), content: { 'application/json': { schema: action.body.schema, ...(action.body.example !== undefined && { example: action.body.example }) } } } }),
      responses: { ...Object.fromEntries(answers), 400: { $ref: '#/components/responses/Wrong' }, 403: { $ref: '#/components/responses/Refused' } },
    }
  }
  const error = (description: string) => ({ description, content: { 'application/json': { schema: ref('Error') } } })
  return {
    openapi: '3.1.0',
    info: { title: 'orkit mock: control plane', version: '1', description: 'What a test does to the reference server besides calling it. Answers to loopback only, or to whoever sends the token that was printed at the start. The same is there in process, on what `createMock()` returns.' },
    servers: [{ url: `${origin}/__orkit` }],
    tags: [...new Set(actions.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{}, { token: [] }, { bearer: [] }],
    paths,
    components: {
      schemas,
      parameters: { World: { name: 'X-Mock-World', in: 'header', description: 'Name of an isolated world. Default: the one that requests without this header meet.', schema: { type: 'string' } } },
      responses: { Wrong: error('What is wrong with the call'), Refused: error('The caller is not on loopback and has no token, or is a page of another origin') },
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Mock-Token' }, bearer: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function inProcess(members: readonly string[]): string {
  return members.length === 0 ? '' : `In process: ${members.map((member) => `\`mock.${member}\``).join(', ')}.`
}
