import type { Mock, MockOptions } from '@orkit/mock'

export function story(createMock: (options: MockOptions) => Mock, overPort?: boolean): Promise<{ lines: string[]; state: string }>
