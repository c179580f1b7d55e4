import { exitMeanings } from './exit.js'
import { globalFlags } from './settings.js'

/** `orkit help <topic>`: what belongs to no single command. */
export const topics: Readonly<Record<string, { readonly summary: string; readonly text: () => string }>> = {
  'exit-codes': {
    summary: 'What each exit code means',
    text: () => ['Exit codes are the same for every command and every output format.\n', ...Object.entries(exitMeanings).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`), '', 'In a script:', "  orkit orckai agents get a1 --mock -o json || [ $? -eq 4 ] && echo 'no such agent'"].join('\n'),
  },
  environment: {
    summary: 'Environment variables',
    text: () => `A flag wins over the environment, the environment over what is stored or configured.
An .env file is not read.

  <SYSTEM> is ORCA, ORCKAI, FLEXORCH, KLAREFI or ORBITER.

  <SYSTEM>_API_KEY         API key (ORCA, Orckai, FlexOrch, Klarefi)
  <SYSTEM>_EMAIL           account to sign in with (ORCA, FlexOrch, Orbiter)
  <SYSTEM>_PASSWORD        its password
  <SYSTEM>_TOKEN           access token got elsewhere (ORCA, FlexOrch)
  ORCA_TOTP                six-digit code, for accounts with two-factor on
  ORBITER_CI_KEY           key for deployments from CI
  ORBITER_DEPLOYMENT_KEY   key of one deployment
  <SYSTEM>_BASE_URL        where the API is

  ORKIT_PROFILE            profile to use
  ORKIT_MOCK=1             the same as --mock
  ORKIT_DEBUG=1            the same as --debug
  ORKIT_QUEUE              Redis of 'orkit batch work', and of --queue env
  ORKIT_CREDENTIAL_STORE   keyring or file: where credentials are kept
  EDITOR, VISUAL           editor of 'orkit config edit'

  NO_COLOR                 no colours, whatever its value
  FORCE_COLOR              colours even in a pipe; 0 for none
  CI                       never ask anything
  HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
                           proxies, in capitals or small letters
  NODE_EXTRA_CA_CERTS      file with certificates to trust as well
  XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME
                           where files are kept`,
  },
  flags: {
    summary: 'Global flags, which every command takes',
    text: () => ['Every command takes these flags, before or after its own.\n', ...globalFlags.map((g) => `  ${`${g.short ? `-${g.short}, ` : '    '}--${g.flag}${g.value ? ` ${g.value}` : ''}`.padEnd(26)}${g.description}${g.choices ? `: ${g.choices.join(', ')}` : ''}`)].join('\n'),
  },
  formatting: {
    summary: 'Output formats, --fields and --jq',
    text: () => `Results go to stdout, everything else to stderr. On a terminal the format is table, in a pipe json.

  -o table   columns fitted to the terminal; control characters are shown, not obeyed
  -o json    what the API returned, members in its order
  -o jsonl   one line for each item or event, as it comes
  -o yaml    YAML
  -o csv     RFC 4180; a cell that a spreadsheet would run as a formula gets a ' in
             front, unless --csv-formulas
  -o raw     text as it is; files byte for byte

  --fields a,b.c   only these members, in this order
  --max N          stop a list after N items; pages that are not needed are not fetched
  --jq EXPR        through jq (built in): a list as one array, with -o jsonl each item by
                   itself. Text is printed bare; -o json quotes it

Examples:
  orkit orckai agents list --jq '.[].id' --mock
  orkit orckai agents list -o csv --fields id,name --mock
  orkit orckai agents list -o jsonl --jq '{id, name}' --mock`,
  },
  auth: {
    summary: 'Signing in, and where credentials are kept',
    text: () => `  orkit <system> auth login                asks for what is needed, hidden where secret
  orkit <system> auth login --with-token   reads an API key or access token from stdin
  orkit <system> auth token                prints the credential in use
  orkit <system> auth token --env          as shell variables, for --dry-run's curl
  orkit <system> auth logout               ends the session and forgets it
  orkit auth status                        all systems at once; exit 3 when one is refused

A credential is proved by a call before it is kept. It is kept in the system's key store; where
there is none, in a file that only you can read, and orkit says so. ORKIT_CREDENTIAL_STORE
(keyring or file) decides for good. Passwords and TOTP codes are never kept: tokens are, and they
are renewed under a lock.

In CI nothing needs to be stored: set <SYSTEM>_API_KEY (see 'orkit help environment').
Secrets on the command line are seen by other programs: pipe them in, or use --body @file.

Profiles keep several accounts apart: orkit --profile staging orca auth login`,
  },
}
