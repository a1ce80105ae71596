/** The denylist of the kernel's vfio-pci with the stand-ins' id in it. Pure. */

/** C62x and its VF, 8086:37c8 and 8086:37c9, which the denylist tests as one range (Linux, drivers/vfio/pci/vfio_pci.c). */
const FIRST_OF_C62X = 0x37c8;
/** 8086:5845 and the id after it. */
const FIRST_OF_STAND_IN = 0x5845;
/** `lea -first(%rax),%edx` of GCC's range test, up to its displacement. */
const RANGE_TEST = [0x8d, 0x90];
/** At the end of a signed module (Linux, include/linux/module_signature.h). */
const SIGNATURE_MARK = '~Module signature appended~\n';
const SIGNATURE_STRUCT_BYTES = 12;

/**
 * The module with the stand-ins in the place of C62x on its denylist, so that the kernel's own refusal can be met without
 * a card; and without its signature, which would not fit any more.
 * @param module `vfio-pci.ko` of Debian's kernel for amd64
 * @throws Error when the compiler wrote that test in another way
 */
export function denylistStandIns(module: Buffer): Buffer {
  const result = Buffer.from(withoutSignature(module));
  const pattern = rangeTest(FIRST_OF_C62X);
  const at = result.indexOf(pattern);
  if (at < 0 || result.indexOf(pattern, at + 1) >= 0)
    throw new Error('vfio-pci.ko tests its denylist in another way than expected: look at vfio_pci_probe in it');
  rangeTest(FIRST_OF_STAND_IN).copy(result, at);
  return result;
}

function rangeTest(first: number): Buffer {
  const code = Buffer.from([...RANGE_TEST, 0, 0, 0, 0]);
  code.writeInt32LE(-first, RANGE_TEST.length);
  return code;
}

function withoutSignature(module: Buffer): Buffer {
  const structEnd = module.length - SIGNATURE_MARK.length;
  if (module.toString('latin1', structEnd) !== SIGNATURE_MARK) return module;
  const signatureBytes = module.readUInt32BE(structEnd - 4);
  return module.subarray(0, structEnd - SIGNATURE_STRUCT_BYTES - signatureBytes);
}
