/** A tiny system for tests, written to a temporary folder the way authors write theirs. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Model } from './model.js'
import { formatProblem, Report } from './report.js'
import { generateSystem, readSystem } from './system.js'
import { outputPath } from './outputs.js'

export interface FixtureFiles { [file: string]: unknown }

const ERROR = { type: 'object', description: 'A failure.', required: ['error'], properties: { error: { type: 'string', description: 'Why.' } } }

/** The document every fixture starts from; `change` edits it. */
export function baseDocument(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1', summary: 'A shop', description: 'A shop.', license: { name: 'x', identifier: 'CC0-1.0' } },
    servers: [{ url: 'https://shop.example/api/v1' }],
    security: [{ apiKey: [] }],
    tags: [{ name: 'orders', description: 'Orders of the shop.' }],
    'x-orkit': {
      system: 'orckai', name: 'Shop', docs: 'https://shop.example',
      auth: { apiKey: { strategy: 'apiKey', credentials: [{ name: 'apiKey', env: 'SHOP_API_KEY', secret: true, description: 'A key' }] } },
      envelope: { payload: '/data', constants: { success: true }, schema: { type: 'object', required: ['success', 'data'], properties: { success: { type: 'boolean', const: true, description: 'True.' }, data: {} } } },
      errors: { code: '/error', message: '/error', codes: { BAD: { status: 400, description: 'Bad' } } },
      rateLimits: { headers: { limit: 'X-Limit' }, default: 'standard', categories: { standard: { description: 'All', key: 'credential', windows: [{ requests: 10, seconds: 60 }] } } },
      timestamps: { format: 'date-time' }
    },
    'x-orkit-defaults': { headers: ['X-Limit'], responses: { all: { '500': 'Failed' }, secured: { '401': 'Failed' }, withInput: { '400': 'Failed' }, withPathParameter: { '404': 'Failed' } } },
    components: {
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-Key', description: 'Key.' } },
      headers: { 'X-Limit': { description: 'Limit.', schema: { type: 'integer' } } },
      responses: { Failed: { description: 'Failed.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, example: { error: 'BAD' } } } } }
    },
    ...change
  }
}

export const ORDER = {
  type: 'object', description: 'An order.', required: ['id', 'status'],
  properties: {
    id: { type: 'string', format: 'uuid', description: 'Identifier.' },
    status: { type: 'string', 'x-extensible-enum': ['open', 'paid'], description: 'State.' },
    total: { type: ['number', 'null'], description: 'Sum.' }
  }
}

export const ORDER_EXAMPLE = { id: 'a1b2c3d4-0000-4000-8000-000000000001', status: 'open' }

/** An operation with sensible texts. */
export function operation(operationId: string, members: Record<string, unknown> = {}): Record<string, unknown> {
  const { 'x-orkit': x, ...rest } = members as { 'x-orkit'?: Record<string, unknown> }
  return { operationId, tags: ['orders'], summary: 'Do it', description: 'Does it.', 'x-orkit': { origin: 'seed', ...x }, ...rest }
}

export function json(schema: unknown, example?: unknown): Record<string, unknown> {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
}

export const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` })
export const ID = { name: 'id', in: 'path', required: true, description: 'Identifier of the order.', schema: { type: 'string' } }

/** Writes the files and returns the folder that holds `orckai/`. */
export function writeFixture(paths: Record<string, unknown>, schemas: Record<string, unknown> = {}, document: Record<string, unknown> = baseDocument(), more: FixtureFiles = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'orkit-spec-'))
  const files: FixtureFiles = { 'openapi.yaml': document, 'paths/orders.yaml': paths, 'schemas/orders.yaml': { Error: ERROR, Order: ORDER, ...schemas }, ...more }
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, 'orckai', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  }
  return root
}

export interface Generated { model: Model; document: string; types: string; operations: string; resources: string; manifest: string; routes: string; validators: string; schemas: string; reference: string; seed?: string }

export async function generate(root: string): Promise<Generated> {
  const report = new Report()
  const model = readSystem(root, 'orckai', report)
  if (model === undefined) throw new Error(report.problems.map(formatProblem).join('\n'))
  const outputs = await generateSystem(model, report)
  if (report.failed) throw new Error(report.problems.map(formatProblem).join('\n'))
  const text = (name: keyof typeof outputPath): string => outputs.get(outputPath[name]('orckai')) ?? ''
  const seed = outputs.get(outputPath.seed('orckai'))
  return {
    model, document: text('document'), types: text('types'), operations: text('operations'), resources: text('resources'),
    manifest: text('manifest'), routes: text('routes'), validators: text('validators'), schemas: text('schemas'), reference: text('reference'), ...(seed === undefined ? {} : { seed })
  }
}

/** What the generator says of broken sources. */
export async function problems(root: string): Promise<string[]> {
  const report = new Report()
  const model = readSystem(root, 'orckai', report)
  if (model !== undefined) await generateSystem(model, report)
  return report.problems.map(formatProblem)
}
