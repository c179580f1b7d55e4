import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import type { Who } from './accounts.js'

const uuid = (head: string, tail: string): string => `${head}-0000-4000-8000-${tail.padStart(12, '0')}`
const orbiter = (head: string) => ({ main: uuid(`${head}000000`, '1'), other: uuid(`${head}000000`, '91') })
const orckai = (head: string) => ({ main: uuid(head, '1'), other: uuid(head, 'ff') })
const pair = (main: string, other: string) => ({ main, other })

/** A seeded id of each organisation, by the segment before a path parameter (or the parameter's own name, which wins). */
const IDS: Readonly<Record<SystemName, Readonly<Record<string, Readonly<Record<Who, string>>>>>> = {
  orca: {
    files: pair('101', '901'),
    jobs: pair(uuid('5f0b0000', '1'), uuid('5f0b0000', '901')),
    'public.jobs': pair(uuid('9b0b0000', '1'), uuid('9b0b0000', '901')),
    scan: pair(uuid('5ca00000', '1'), uuid('5ca00000', '901')),
    reports: pair(uuid('4e900000', '1'), uuid('4e900000', '901')),
  },
  orckai: {
    agents: orckai('a1b2c3d4'), conversations: orckai('c9d0e1f2'), 'knowledge-bases': orckai('d4e5f6a7'), 'mcp-servers': orckai('5c6d7e8f'), templates: orckai('7e8f9a0b'),
    workflows: orckai('b2c3d4e5'), executions: orckai('e5f6g7h8'),
  },
  flexorch: {
    connectors: pair('1', '11'), schedule_id: pair('2', '11'), datasets: pair('28', '41'), documents: pair('501', '601'), executions: pair('106', '201'), 'build-from-execution': pair('106', '201'),
    'fine-tune': pair('ft-1', 'ft-11'), jobs: pair('1001', '1101'), members: pair('2', '5'), webhooks: pair('wh-1', 'wh-11'),
  },
  klarefi: { cases: pair('case_abc123', 'case_other01'), documents: pair('doc_def456', 'doc_other01'), deliveries: pair('whd_001', 'whd_901') },
  orbiter: {
    agents: orbiter('c0'), rule_id: orbiter('30'), alert_id: orbiter('31'), key_id: orbiter('60'), conversations: orbiter('40'), deployments: orbiter('10'), deployed: orbiter('10'), status: orbiter('10'),
    'knowledge-bases': orbiter('f0'), projects: orbiter('b0'), providers: orbiter('50'), runs: orbiter('20'), tools: { main: uuid('e0000000', '1'), other: uuid('e0000000', '91') },
    workflows: orbiter('d0'), queue: orbiter('d2'), 'workflows.runs': orbiter('d1'),
  },
}

/** Path parameters that name objects of that organisation; parameters that are no ids (a format) are left out. */
export function idsOf(system: SystemName, operation: Operation, who: Who): Record<string, string> {
  const table = IDS[system]
  const segments = operation.path.split('/')
  const out: Record<string, string> = {}
  for (const [i, segment] of segments.entries()) {
    const name = /^\{(.*)\}$/.exec(segment)?.[1]
    if (name === undefined || name === 'format') continue
    const before = segments[i - 1]!
    const resource = operation.id.startsWith('public.jobs') ? 'public.jobs' : operation.id.startsWith('workflows.runs') && name === 'run_id' ? 'workflows.runs' : before
    const found = table[name] ?? table[resource]
    if (!found) throw new Error(`${system} ${operation.id}: no seeded id is known for {${name}}`)
    out[name] = found[who]
  }
  return out
}
