export const alias: readonly { readonly find: RegExp; readonly replacement: string }[]
