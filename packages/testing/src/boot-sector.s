# The guest of boot-sector.ts. Made into its CODE by:
#   as --32 -o guest.o boot-sector.s && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o guest.bin guest.o
.code16
.globl _start
_start:
 xorw %ax,%ax
 movw %ax,%ds
 movw %ax,%ss
 movw $0x7c00,%sp
 # the power button's bit in PM1a enable, then its state in PM1a status
 movw $0x602,%dx
 movw $0x100,%ax
 outw %ax,%dx
 movw $greeting,%si
 movw $0x3f8,%dx
1: lodsb
 testb %al,%al
 jz 2f
 outb %al,%dx
 jmp 1b
2: # bp = 0: only add up what is on the bus
 xorw %bp,%bp
 call scan
 movl %edi,last
loop:
 sti
 hlt
 movw $0x600,%dx
 inw %dx,%ax
 testb $1,%ah
 jnz off
 # let go of PCI functions that the host asks back: ACPI PCI hot-plug, QEMU docs/specs/acpi_pci_hotplug.txt, at 0xcc0
 xorl %ebx,%ebx
3: movl %ebx,%eax
 movw $0xcd0,%dx
 outl %eax,%dx
 movw $0xcc4,%dx
 inl %dx,%eax
 testl %eax,%eax
 jz 4f
 movw $0xcc8,%dx
 outl %eax,%dx
4: incw %bx
 cmpw $64,%bx
 jb 3b
 # once a second or so: did the bus change?
 incb ticks
 testb $15,ticks
 jnz 5f
 xorw %bp,%bp
 call scan
 cmpl %edi,last
 je 5f
 movl %edi,last
 movw $pcitext,%si
 movw $0x3f8,%dx
6: lodsb
 testb %al,%al
 jz 7f
 outb %al,%dx
 jmp 6b
7: incw %bp
 call scan
 movw $0x3f8,%dx
 movb $13,%al
 outb %al,%dx
 movb $10,%al
 outb %al,%dx
5: movw $0x3fd,%dx
 inb %dx,%al
 testb $1,%al
 jz loop
 movw $0x3f8,%dx
 inb %dx,%al
 cmpb $0x71,%al
 je off
 outb %al,%dx
 jmp 5b
off: # S5
 movw $0x604,%dx
 movw $0x2000,%ax
 outw %ax,%dx
 hlt
 jmp off
scan: # vendor and device of function 0 of each slot of 32 buses, by ports 0xcf8 and 0xcfc; edi = their sum
 xorl %edi,%edi
 movl $0x80000000,%ebx
1: movl %ebx,%eax
 movw $0xcf8,%dx
 outl %eax,%dx
 movw $0xcfc,%dx
 inl %dx,%eax
 cmpw $0xffff,%ax
 je 2f
 addl %eax,%edi
 testw %bp,%bp
 jz 2f
 movw $0x3f8,%dx
 movw $8,%cx
3: roll $4,%eax
 pushw %ax
 andb $15,%al
 cmpb $10,%al
 sbbb $0x69,%al
 das
 outb %al,%dx
 popw %ax
 loop 3b
 movb $32,%al
 outb %al,%dx
2: addl $0x800,%ebx
 cmpl $0x80200000,%ebx
 jb 1b
 ret
ticks: .byte 0
last: .long 0
pcitext: .asciz "pci: "
greeting:
