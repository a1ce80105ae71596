/** Leave to open one character device for reading and writing. */
export interface DeviceRule {
  readonly major: number;
  readonly minor: number;
}

/** Where a controller's settings for a process are: in its hierarchy of cgroup v1, or in the one hierarchy of v2. */
export interface ControllerCgroup {
  readonly version: 1 | 2;
  /** Below the mount of the hierarchy, with a leading slash: `/kubepods.slice/...`. */
  readonly path: string;
}

/** Where a process' device rules are kept: in a controller of cgroup v1, or in programs on a cgroup of v2. */
export type DeviceCgroup = ControllerCgroup;

/** The cgroup that decides which devices a process may open, as `controllerCgroupOf`. */
export const deviceCgroupOf = (procCgroup: string): DeviceCgroup | undefined =>
  controllerCgroupOf(procCgroup, 'devices');

/**
 * The cgroup in which a controller sees a process, from its `/proc/PID/cgroup` (cgroups(7)): on a node with both
 * hierarchies the controller's of v1 counts, else v2's own. Undefined when the text names neither. Pure.
 */
export function controllerCgroupOf(procCgroup: string, controller: string): ControllerCgroup | undefined {
  let unified: ControllerCgroup | undefined;
  for (const line of procCgroup.split('\n')) {
    const [id, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (controllers?.split(',').includes(controller)) return { version: 1, path };
    if (id === '0' && controllers === '') unified = { version: 2, path };
  }
  return unified;
}

/** What is written into `devices.allow` and `devices.deny` of cgroup v1 (kernel doc cgroup-v1/devices.rst). */
export function deviceRuleLine({ major, minor }: DeviceRule): string {
  return `c ${major}:${minor} rw`;
}

/** Bytes of one BPF instruction (kernel doc bpf/standardization/instruction-set.rst). */
const INSTRUCTION_BYTES = 8;
/** Opcodes of that document: class, source and operation in one byte. */
const LOAD_WORD = 0x61;
const MOVE_REGISTER = 0xbf;
const MOVE = 0xb7;
const AND = 0x57;
const SHIFT_RIGHT = 0x77;
const JUMP_NOT_EQUAL = 0x55;
const EXIT = 0x95;
/** `struct bpf_cgroup_dev_ctx` and its constants (linux/bpf.h): the type in the low half of the first word. */
const ACCESS_TYPE_OFFSET = 0;
const MAJOR_OFFSET = 4;
const MINOR_OFFSET = 8;
const CHARACTER_DEVICE = 2;
/** Making a node (1); reading is 2, writing 4. */
const MAKE_NODE = 1;

/** The instructions that end a program with leave when the rule covers the access, and go on behind themselves if not. */
function prologueOf({ major, minor }: DeviceRule): Uint8Array {
  const steps: readonly [opcode: number, to: number, from: number, offset: number, immediate: number][] = [
    [LOAD_WORD, 2, 1, ACCESS_TYPE_OFFSET, 0],
    [MOVE_REGISTER, 3, 2, 0, 0],
    [AND, 2, 0, 0, 0xffff],
    [JUMP_NOT_EQUAL, 2, 0, 9, CHARACTER_DEVICE],
    [SHIFT_RIGHT, 3, 0, 0, 16],
    [AND, 3, 0, 0, MAKE_NODE],
    [JUMP_NOT_EQUAL, 3, 0, 6, 0],
    [LOAD_WORD, 2, 1, MAJOR_OFFSET, 0],
    [JUMP_NOT_EQUAL, 2, 0, 4, major],
    [LOAD_WORD, 2, 1, MINOR_OFFSET, 0],
    [JUMP_NOT_EQUAL, 2, 0, 2, minor],
    [MOVE, 0, 0, 0, 1],
    [EXIT, 0, 0, 0, 0],
  ];
  const bytes = new Uint8Array(steps.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, [opcode, to, from, offset, immediate]] of steps.entries()) {
    const at = index * INSTRUCTION_BYTES;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, to | (from << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, immediate, true);
  }
  return bytes;
}

/**
 * A device program of a cgroup v2 that also allows what the rule says, and else decides as before: the runtime's own
 * program with a few instructions in front. A program that does so already is returned as it is. Pure.
 * @param program its instructions, as the kernel gives them back.
 */
export function withDeviceRule(program: Uint8Array, rule: DeviceRule): Uint8Array {
  const prologue = prologueOf(rule);
  if (positionOf(program, prologue) !== undefined) return program;
  const longer = new Uint8Array(prologue.length + program.length);
  longer.set(prologue);
  longer.set(program, prologue.length);
  return longer;
}

/** The program without what `withDeviceRule` put in front; as it is when there is no such thing. Pure. */
export function withoutDeviceRule(program: Uint8Array, rule: DeviceRule): Uint8Array {
  const prologue = prologueOf(rule);
  const position = positionOf(program, prologue);
  if (position === undefined) return program;
  const shorter = new Uint8Array(program.length - prologue.length);
  shorter.set(program.subarray(0, position));
  shorter.set(program.subarray(position + prologue.length), position);
  return shorter;
}

/** Where the prologue of a rule lies among the prologues that a program begins with. */
function positionOf(program: Uint8Array, prologue: Uint8Array): number | undefined {
  for (let at = 0; at + prologue.length <= program.length; at += prologue.length) {
    const part = program.subarray(at, at + prologue.length);
    if (part.every((byte, index) => byte === prologue[index])) return at;
    if (!isPrologue(part)) return undefined;
  }
  return undefined;
}

/** Whether instructions are a prologue of some rule: they differ from it in the two numbers alone. */
function isPrologue(part: Uint8Array): boolean {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  const major = view.getInt32(8 * INSTRUCTION_BYTES + 4, true);
  const minor = view.getInt32(10 * INSTRUCTION_BYTES + 4, true);
  const prologue = prologueOf({ major, minor });
  return part.every((byte, index) => byte === prologue[index]);
}
