/** A table member: bytes of a number, or where something else begins. */
export type Slot = { size: 1 | 2 | 8; value: number } | { offset: number } | undefined

/**
 * Just enough of FlatBuffers to write Arrow messages: built from the back, as the format asks for. Offsets count from the end of the buffer.
 */
export class FlatBuffer {
  private bytes = new Uint8Array(1024)
  private used = 0
  private widest = 1

  get position(): number {
    return this.used
  }

  /** Makes the next `extra + size` bytes end on a multiple of `size`. */
  align(size: number, extra = 0): void {
    this.widest = Math.max(this.widest, size)
    while ((this.used + extra) % size !== 0) this.put(0)
  }

  number(value: number, size: 1 | 2 | 4 | 8): void {
    let rest = BigInt(value) & ((1n << BigInt(size * 8)) - 1n)
    const little = Array.from({ length: size }, () => {
      const byte = Number(rest & 255n)
      rest >>= 8n
      return byte
    })
    for (const byte of little.toReversed()) this.put(byte)
  }

  string(text: string): number {
    const encoded = new TextEncoder().encode(text)
    this.align(4, encoded.length + 1)
    this.put(0)
    for (let i = encoded.length - 1; i >= 0; i--) this.put(encoded[i]!)
    this.number(encoded.length, 4)
    return this.used
  }

  /** A vector of things written before. */
  offsets(targets: readonly number[]): number {
    this.align(4, 4 * targets.length)
    for (const target of targets.toReversed()) this.reference(target)
    this.number(targets.length, 4)
    return this.used
  }

  /** A vector of structs of 64-bit members. */
  structs(rows: readonly (readonly number[])[]): number {
    const width = (rows[0]?.length ?? 0) * 8
    this.align(4, width * rows.length)
    this.align(8, width * rows.length)
    for (const row of rows.toReversed()) for (const member of row.toReversed()) this.number(member, 8)
    this.number(rows.length, 4)
    return this.used
  }

  table(slots: readonly Slot[]): number {
    const places: number[] = slots.map(() => 0)
    const start = this.used
    for (let i = slots.length - 1; i >= 0; i--) {
      const slot = slots[i]
      if (!slot) continue
      if ('offset' in slot) {
        this.align(4)
        this.reference(slot.offset)
      } else {
        this.align(slot.size)
        this.number(slot.value, slot.size)
      }
      places[i] = this.used
    }
    this.align(4)
    this.number(0, 4)
    const table = this.used
    for (const place of places.toReversed()) this.number(place === 0 ? 0 : table - place, 2)
    this.number(table - start, 2)
    this.number(4 + slots.length * 2, 2)
    this.patch(table, this.used - table)
    return table
  }

  finish(root: number): Uint8Array {
    this.align(this.widest, 4)
    this.reference(root)
    return this.bytes.slice(this.bytes.length - this.used)
  }

  private reference(target: number): void {
    this.align(4)
    this.number(this.used + 4 - target, 4)
  }

  private patch(at: number, value: number): void {
    new DataView(this.bytes.buffer).setInt32(this.bytes.length - at, value, true)
  }

  private put(byte: number): void {
    if (this.used === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2)
      larger.set(this.bytes, this.bytes.length)
      this.bytes = larger
    }
    this.bytes[this.bytes.length - ++this.used] = byte
  }
}
