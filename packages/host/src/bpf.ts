import type * as FfiModule from 'node:ffi';

/** The system call bpf(2) by Node's name of the architecture (Linux, asm-generic/unistd.h and the tables of the architectures). */
const BPF_SYSCALL: Readonly<Partial<Record<NodeJS.Architecture, bigint>>> = { x64: 321n, arm64: 280n, s390x: 351n };

/** Commands, types and flags of bpf(2), from linux/bpf.h. */
const PROG_LOAD = 5n;
const PROG_ATTACH = 8n;
const PROG_GET_FD_BY_ID = 13n;
const OBJ_GET_INFO_BY_FD = 15n;
const PROG_QUERY = 16n;
const PROG_TYPE_CGROUP_DEVICE = 15;
const ATTACH_TYPE_CGROUP_DEVICE = 6;
/** Attach flag: several programs, all of which must agree. */
export const ALLOW_MULTI = 2;
const REPLACE = 4;

const ATTRIBUTE_BYTES = 128;
const INFO_BYTES = 256;
const INSTRUCTION_BYTES = 8;
/** A cgroup holds at most that many programs of a type (BPF_CGROUP_MAX_PROGS). */
const MAX_PROGRAMS = 64;
const LICENSE = Buffer.from('Apache-2.0\0');

/** The kernel refused a call of bpf(2). */
class BpfError extends Error {
  override name = 'BpfError';
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`bpf(${call}) was refused with errno ${errno}; it needs CAP_SYS_ADMIN and a kernel with CONFIG_CGROUP_BPF`);
    this.errno = errno;
  }
}

type Libc = FfiModule.DynamicLibraryResult<{
  syscall: { arguments: readonly ['i64', 'i64', 'i64', 'i64']; return: 'i64' };
  close: { arguments: readonly ['i32']; return: 'i32' };
  __errno_location: { arguments: readonly []; return: 'pointer' };
}>;

/** bpf(2) for device programs of cgroups. Needs `node --experimental-ffi`: Node has no other way to it. */
export class Bpf {
  readonly #ffi: typeof FfiModule;
  readonly #libc: Libc['functions'];
  readonly #syscall: bigint;

  private constructor(ffi: typeof FfiModule, syscall: bigint) {
    this.#ffi = ffi;
    this.#syscall = syscall;
    this.#libc = ffi.dlopen(null, {
      syscall: { arguments: ['i64', 'i64', 'i64', 'i64'], return: 'i64' },
      close: { arguments: ['i32'], return: 'i32' },
      __errno_location: { arguments: [], return: 'pointer' },
    } as const).functions as Libc['functions'];
  }

  static async load(): Promise<Bpf> {
    const syscall = BPF_SYSCALL[process.arch];
    if (syscall === undefined) throw new Error(`the number of bpf(2) on ${process.arch} is not known`);
    return new Bpf(await import('node:ffi'), syscall);
  }

  /** Ids of the device programs on a cgroup, and the flags that they were attached with. */
  attachedPrograms(cgroup: number): { flags: number; ids: number[] } {
    const ids = Buffer.alloc(4 * MAX_PROGRAMS);
    const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
    attribute.writeUInt32LE(cgroup, 0);
    attribute.writeUInt32LE(ATTACH_TYPE_CGROUP_DEVICE, 4);
    attribute.writeBigUInt64LE(this.#addressOf(ids), 16);
    attribute.writeUInt32LE(MAX_PROGRAMS, 24);
    this.#call(PROG_QUERY, attribute, 'PROG_QUERY');
    const count = attribute.readUInt32LE(24);
    return {
      flags: attribute.readUInt32LE(12),
      ids: Array.from({ length: count }, (_, index) => ids.readUInt32LE(4 * index)),
    };
  }

  /** A descriptor of a program. */
  programById(id: number): number {
    const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
    attribute.writeUInt32LE(id, 0);
    return this.#call(PROG_GET_FD_BY_ID, attribute, 'PROG_GET_FD_BY_ID');
  }

  /** The instructions of a program. */
  instructionsOf(program: number): Uint8Array {
    const lengthAt = 20;
    const length = this.#info(program, Buffer.alloc(INFO_BYTES)).readUInt32LE(lengthAt);
    const instructions = Buffer.alloc(length);
    const info = Buffer.alloc(INFO_BYTES);
    info.writeUInt32LE(length, lengthAt);
    info.writeBigUInt64LE(this.#addressOf(instructions), 32);
    this.#info(program, info);
    return instructions;
  }

  /** Makes a device program. @throws BpfError when the kernel's verifier refuses it. */
  loadProgram(instructions: Uint8Array): number {
    const code = Buffer.from(instructions);
    const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
    attribute.writeUInt32LE(PROG_TYPE_CGROUP_DEVICE, 0);
    attribute.writeUInt32LE(code.length / INSTRUCTION_BYTES, 4);
    attribute.writeBigUInt64LE(this.#addressOf(code), 8);
    attribute.writeBigUInt64LE(this.#addressOf(LICENSE), 16);
    return this.#call(PROG_LOAD, attribute, 'PROG_LOAD');
  }

  /**
   * Attaches a device program to a cgroup.
   * @param options.flags as the programs that are there were attached.
   * @param options.replaces the program whose place it takes; left out, it joins them.
   */
  attach(cgroup: number, program: number, { flags, replaces }: { flags: number; replaces?: number }): void {
    const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
    attribute.writeUInt32LE(cgroup, 0);
    attribute.writeUInt32LE(program, 4);
    attribute.writeUInt32LE(ATTACH_TYPE_CGROUP_DEVICE, 8);
    // A lone program is replaced by attaching another; of several, the one to replace is named.
    const names = (flags & ALLOW_MULTI) !== 0 && replaces !== undefined;
    attribute.writeUInt32LE(names ? flags | REPLACE : flags, 12);
    if (names) attribute.writeUInt32LE(replaces, 16);
    this.#call(PROG_ATTACH, attribute, 'PROG_ATTACH');
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }

  #info(program: number, info: Buffer): Buffer {
    const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
    attribute.writeUInt32LE(program, 0);
    attribute.writeUInt32LE(info.length, 4);
    attribute.writeBigUInt64LE(this.#addressOf(info), 8);
    this.#call(OBJ_GET_INFO_BY_FD, attribute, 'OBJ_GET_INFO_BY_FD');
    return info;
  }

  #call(command: bigint, attribute: Buffer, name: string): number {
    const address = this.#addressOf(attribute);
    const result = this.#libc.syscall(this.#syscall, command, address, BigInt(attribute.length));
    if (result >= 0n) return Number(result);
    throw new BpfError(name, this.#ffi.getInt32(this.#libc.__errno_location()));
  }

  #addressOf(buffer: Buffer): bigint {
    return this.#ffi.getRawPointer(buffer);
  }
}

/** A descriptor that the kernel gave, closed at the end of its block. */
export class Descriptor implements Disposable {
  readonly #bpf: Bpf;
  readonly fd: number;

  constructor(bpf: Bpf, fd: number) {
    this.#bpf = bpf;
    this.fd = fd;
  }

  [Symbol.dispose](): void {
    this.#bpf.close(this.fd);
  }
}
