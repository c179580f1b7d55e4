/** Where `listen` listens and `trigger` sends when nothing else is said, and the secret both then use. */
export const LISTEN_PORT = 4242
export const LOCAL_SECRET = 'whsec_orkit_local_000000000000'
