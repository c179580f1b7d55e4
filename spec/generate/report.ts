/** Collects everything that is wrong with the sources, so that one run names all of it. */

export interface Problem {
  /** Source file, relative to the repository. */
  file: string
  /** Path, operation or schema inside it. */
  where: string
  /** What is wrong and how to mend it. */
  message: string
}

export class Report {
  readonly problems: Problem[] = []

  add(file: string, where: string, message: string): void {
    const known = this.problems.some((problem) => problem.file === file && problem.where === where && problem.message === message)
    if (!known) this.problems.push({ file, where, message })
  }

  get failed(): boolean {
    return this.problems.length > 0
  }
}

export function formatProblem({ file, where, message }: Problem): string {
  return `${file}${where === '' ? '' : ` (${where})`}: ${message}`
}
