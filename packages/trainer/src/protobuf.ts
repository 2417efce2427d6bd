import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A message in the encoding of protocol buffers, under way. Fields are written in the order of the calls, zeros too. */
export class Message {
  private readonly writer = new BinaryWriter();

  integer(field: number, value: number): this {
    this.writer.tag(field, WireType.Varint).int64(value);
    return this;
  }

  integers(field: number, values: readonly number[]): this {
    for (const value of values) this.integer(field, value);
    return this;
  }

  double(field: number, value: number): this {
    this.writer.tag(field, WireType.Bit64).double(value);
    return this;
  }

  float(field: number, value: number): this {
    this.writer.tag(field, WireType.Bit32).float(value);
    return this;
  }

  text(field: number, value: string): this {
    this.writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  texts(field: number, values: readonly string[]): this {
    for (const value of values) this.text(field, value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  messages(field: number, values: readonly Message[]): this {
    for (const value of values) this.message(field, value);
    return this;
  }

  finish(): Uint8Array {
    return this.writer.finish();
  }
}
