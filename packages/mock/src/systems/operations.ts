import type { OperationId as Flexorch } from './flexorch/routes.gen.js'
import type { OperationId as Klarefi } from './klarefi/routes.gen.js'
import type { OperationId as Orbiter } from './orbiter/routes.gen.js'
import type { OperationId as Orca } from './orca/routes.gen.js'
import type { OperationId as Orckai } from './orckai/routes.gen.js'

/** The operations of each system, so that what a test asks for is checked by the compiler. */
export interface OperationIds {
  orca: Orca
  orckai: Orckai
  flexorch: Flexorch
  klarefi: Klarefi
  orbiter: Orbiter
}
