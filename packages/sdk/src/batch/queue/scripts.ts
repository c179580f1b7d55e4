/**
 * What must happen at once, as Lua. `KEYS[1]` is the batch's `meta`; its other keys have the same beginning and lie in the same slot. Every script may run
 * twice, as a connection that breaks before the answer sends it again.
 */

const head = `
local P = string.sub(KEYS[1], 1, -5)
local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
-- Whether Redis was restarted shows in its run id. What its log may have lost lies between the last record that is there and this moment.
local function watch(durable)
  local info = redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  local known = redis.call('HGET', KEYS[1], 'run')
  if not known then return false end
  if known ~= run and run ~= '' then
    if durable ~= '1' then redis.call('HSET', KEYS[1], 'doubtAt', redis.call('HGET', KEYS[1], 'lastAt') or '0', 'doubtUntil', now()) end
    redis.call('HSET', KEYS[1], 'run', run)
  end
  return true
end
local function changed(n) redis.call('ZADD', P .. 'changed', redis.call('INCR', P .. 'seq'), n) end
`

/** ARGV: n, state, record, id, sha, fields (JSON), due in ms, follow, retry. Gives `new`, `open`, `reset` or the state it has. */
export const put = `${head}
local n, state = ARGV[1], ARGV[2]
local item = P .. 'i:' .. n
local has = redis.call('HGET', item, 'state')
local open = { planned = true, unknown = true, sending = true }
if has and open[has] and not (ARGV[9] == '1' and has == 'unknown' and state == 'planned' and redis.call('SISMEMBER', P .. 'rests', n) == 1) then
  redis.call('SADD', P .. 'open', n)
  redis.call('SREM', P .. 'rests', n)
  if has == 'unknown' then redis.call('HSETNX', item, 'due', now() + tonumber(ARGV[7])) end
  return 'open'
end
if has == 'accepted' and state == 'accepted' then
  if ARGV[8] == '1' then redis.call('SADD', P .. 'following', n) end
  return 'open'
end
if has and ARGV[9] ~= '1' then return has end
if has then redis.call('HINCRBY', P .. 'counts', has, -1) end
redis.call('DEL', item)
redis.call('SREM', P .. 'rests', n)
redis.call('ZREM', P .. 'asks', n)
redis.call('HSET', item, 'state', state, 'rec', ARGV[3], 'id', ARGV[4], 'sha', ARGV[5], 'fields', ARGV[6], 'try', '0', 'token', '', 'at', now(), 'due', now() + tonumber(ARGV[7]))
redis.call('HINCRBY', P .. 'counts', state, 1)
if open[state] then redis.call('SADD', P .. 'open', n) end
if state == 'accepted' then
  redis.call('HSET', item, 'accepted', ARGV[3])
  if ARGV[8] == '1' then redis.call('SADD', P .. 'following', n) end
end
changed(n)
return has and 'reset' or 'new'
`

/**
 * ARGV: n, worker, token, durable, lease ms, settle ms, how (`send`; `ask` by who has the role of asking; `list` where open items are asked about). Takes an item
 * in hand: who held it before can write no more of it. Gives what is to be done with it, and after how many milliseconds.
 */
export const claim = `${head}
local n, worker, token, lease, settle = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
local item = P .. 'i:' .. n
if not watch(ARGV[4]) then return { 'gone', '0' } end
if redis.call('HEXISTS', KEYS[1], 'halted') == 1 then return { 'halted', '0' } end
local f = redis.call('HMGET', item, 'state', 'token', 'owner', 'at', 'due')
local state, time = f[1], now()
if not state then return { 'gone', '0' } end
if state ~= 'planned' and state ~= 'unknown' and state ~= 'sending' then return { 'ended', '0' } end
if redis.call('SISMEMBER', P .. 'open', n) == 0 then return { 'rest', '0' } end
local doubt, ready = '', tonumber(f[5] or '0')
if state == 'sending' then
  if f[2] == token then return { 'yours', '0', state, '' } end
  ready = tonumber(redis.call('HGET', P .. 'beats', f[3] or '') or '0') + lease + settle
end
local restart = tonumber(redis.call('HGET', KEYS[1], 'doubtUntil') or '0')
if tonumber(f[4]) <= restart then
  ready = math.max(ready, restart + settle)
  if state == 'planned' then doubt = redis.call('HGET', KEYS[1], 'doubtAt') end
end
if ready > time then return { 'wait', tostring(ready - time) } end
-- Whoever asks asks about all: the item joins those, and is left to it.
if ARGV[7] == 'list' and (state ~= 'planned' or doubt ~= '') and redis.call('EXISTS', P .. 'role:asking') == 1 then
  redis.call('ZADD', P .. 'asks', 'NX', time, n)
  return { 'wait', '1000' }
end
redis.call('HSET', item, 'token', token, 'claimed', time)
return { 'yours', '0', state, doubt }
`

/**
 * ARGV: n, token (or * where the state alone decides), try as it is, try to write, state, record, worker, due in ms, follow, document ('' for none),
 * new document, result ('' for none), local time, states that it may have, durable. Gives `ok`, or `superseded` when somebody else has the item.
 */
export const write = `${head}
local n, token, was, try, state, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local item = P .. 'i:' .. n
local f = redis.call('HMGET', item, 'state', 'token', 'try', 'rec', 'claimed')
if not f[1] then return 'gone' end
if f[1] == state and f[4] == record then return 'ok' end
watch(ARGV[15])
local allowed = string.find(',' .. ARGV[14] .. ',', ',' .. f[1] .. ',', 1, true) ~= nil
local mine = allowed and (token == '*' or (f[2] == token and f[3] == was))
if not mine then
  -- Redis came back without what this worker had written, and nobody has taken the item since.
  local untilTime = tonumber(redis.call('HGET', KEYS[1], 'doubtUntil') or '0')
  local behind = token ~= '*' and tonumber(f[3]) < tonumber(was) and tonumber(f[5] or '0') <= untilTime
  if not (behind and (f[1] == 'planned' or f[1] == 'unknown' or f[1] == 'sending')) then return 'superseded' end
end
if ARGV[10] ~= '' then
  local fresh = redis.call('SADD', P .. 'docs', ARGV[10])
  if ARGV[11] == '1' and fresh == 0 then return 'superseded' end
end
redis.call('HSET', item, 'state', state, 'rec', record, 'try', try, 'at', now(), 'due', now() + tonumber(ARGV[8]))
if token ~= '*' then redis.call('HSET', item, 'token', token) end
if state == 'sending' then redis.call('HSET', item, 'sending', record, 'owner', ARGV[7]) end
if state == 'accepted' or (state == 'done' and f[1] ~= 'accepted') then redis.call('HSET', item, 'accepted', record) end
redis.call('HINCRBY', P .. 'counts', f[1], -1)
redis.call('HINCRBY', P .. 'counts', state, 1)
if state == 'sending' then redis.call('SADD', P .. 'sending', n) else redis.call('SREM', P .. 'sending', n) end
if state == 'planned' or state == 'sending' or state == 'unknown' then redis.call('SADD', P .. 'open', n) else redis.call('SREM', P .. 'open', n) end
if state ~= 'unknown' then redis.call('ZREM', P .. 'asks', n) end
if state == 'accepted' and ARGV[9] == '1' then redis.call('SADD', P .. 'following', n) else redis.call('SREM', P .. 'following', n) end
if ARGV[12] ~= '' then redis.call('HSET', P .. 'results', n, ARGV[12]) end
local last = tonumber(redis.call('HGET', KEYS[1], 'lastAt') or '0')
if tonumber(ARGV[13]) > last then redis.call('HSET', KEYS[1], 'lastAt', ARGV[13]) end
changed(n)
return 'ok'
`

/** ARGV: n, token, ms, ask (1: the listing is to be asked then). When an open item is due. */
export const due = `${head}
local item = P .. 'i:' .. ARGV[1]
if redis.call('HGET', item, 'token') ~= ARGV[2] then return 0 end
local at = now() + tonumber(ARGV[3])
redis.call('HSET', item, 'due', at)
if ARGV[4] == '1' then redis.call('ZADD', P .. 'asks', at, ARGV[1]) end
return 1
`

/** ARGV: n, token. An item that cannot be settled is left as it is. */
export const rest = `${head}
local item = P .. 'i:' .. ARGV[1]
local f = redis.call('HMGET', item, 'state', 'token')
if f[1] ~= 'unknown' or f[2] ~= ARGV[2] then return 0 end
redis.call('SREM', P .. 'open', ARGV[1])
redis.call('SADD', P .. 'rests', ARGV[1])
redis.call('ZREM', P .. 'asks', ARGV[1])
changed(ARGV[1])
return 1
`

/** ARGV: worker. Says that a worker lives. */
export const beat = `${head}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', P .. 'beats', ARGV[1], now())
return 1
`

/** ARGV: name, worker, ms. Takes or keeps a role that only one worker has. */
export const role = `${head}
local key = P .. 'role:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
`

/** ARGV: name, worker. Gives a role back. */
export const leaveRole = `${head}
local key = P .. 'role:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
return 1
`

/** ARGV: up to so many. Items whose turn to be asked about has come. */
export const dueAsks = `${head}
return redis.call('ZRANGEBYSCORE', P .. 'asks', 0, now(), 'LIMIT', 0, ARGV[1])
`

/** ARGV: local time, up to so many, code, message. Gives up items that are planned and held by nobody's request. Gives how many, and whether there are more. */
export const cancel = `${head}
local count = 0
for _, n in ipairs(redis.call('SMEMBERS', P .. 'open')) do
  local item = P .. 'i:' .. n
  local f = redis.call('HMGET', item, 'state', 'at')
  if f[1] == 'planned' and tonumber(f[2]) > tonumber(redis.call('HGET', KEYS[1], 'doubtUntil') or '0') then
    local record = cjson.encode({ t = 'skipped', n = tonumber(n), at = tonumber(ARGV[1]), code = ARGV[3], message = ARGV[4] })
    redis.call('HSET', item, 'state', 'skipped', 'rec', record, 'token', '', 'at', now())
    redis.call('HINCRBY', P .. 'counts', 'planned', -1)
    redis.call('HINCRBY', P .. 'counts', 'skipped', 1)
    redis.call('SREM', P .. 'open', n)
    changed(n)
    count = count + 1
    if count >= tonumber(ARGV[2]) then return { count, 1 } end
  end
end
return { count, 0 }
`
