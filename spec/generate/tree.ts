/** Operations arranged by resource: `workflows.executions.cancel` is a method of `executions` in `workflows`. */

import { spoken } from './names.js'
import type { Model, OperationModel } from './model.js'

export interface ResourceNode {
  name: string
  path: string[]
  description: string
  operations: OperationModel[]
  children: ResourceNode[]
}

export function resourceTree(model: Model): ResourceNode {
  const root: ResourceNode = { name: '', path: [], description: '', operations: [], children: [] }
  for (const operation of model.operations) {
    let node = root
    for (const name of operation.segments.slice(0, -1)) {
      let child: ResourceNode | undefined = node.children.find((one) => one.name === name)
      if (child === undefined) {
        const path = [...node.path, name]
        child = { name, path, description: describe(model, path, operation), operations: [], children: [] }
        node.children.push(child)
      }
      node = child
    }
    node.operations.push(operation)
  }
  return root
}

/** The tag of that name, else the tag of its first operation (for a top-level resource), else the path in words. */
function describe(model: Model, path: string[], operation: OperationModel): string {
  const tags = model.document.tags ?? []
  const names = [path.join('.'), path.join(' '), path.join('/')].map((name) => spoken(name))
  const tag = tags.find(({ name }) => names.includes(spoken(name))) ?? (path.length === 1 ? tags.find(({ name }) => name === operation.tag) : undefined)
  if (tag?.description !== undefined) return tag.description.trim()
  const [last, ...owners] = path.map(spoken).toReversed()
  return [last![0]!.toUpperCase() + last!.slice(1), ...owners].join(' of ')
}
