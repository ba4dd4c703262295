package drivertest

// Kernels is a module for every card that ganlib runs on. Its entries, with n numbers of four bytes each:
//
//	scale(y, x, a, n)   y[i] = a·x[i], a thread each; arguments of both widths
//	add(y, x, n)        y[i] += x[i], a thread each
//	mirror(y, x, n)     y[i] = x[n-1-i], by one block of any size, through 4·n bytes of dynamic shared memory
const Kernels = `
.version 7.0
.target sm_75
.address_size 64

.extern .shared .align 16 .b8 room[];

.visible .entry scale(
	.param .u64 scale_param_0,
	.param .u64 scale_param_1,
	.param .f32 scale_param_2,
	.param .u32 scale_param_3
)
{
	.reg .pred %p<2>;
	.reg .f32 %f<4>;
	.reg .b32 %r<6>;
	.reg .b64 %rd<8>;

	ld.param.u64 %rd1, [scale_param_0];
	ld.param.u64 %rd2, [scale_param_1];
	ld.param.f32 %f1, [scale_param_2];
	ld.param.u32 %r1, [scale_param_3];
	mov.u32 %r2, %ctaid.x;
	mov.u32 %r3, %ntid.x;
	mov.u32 %r4, %tid.x;
	mad.lo.s32 %r5, %r2, %r3, %r4;
	setp.ge.s32 %p1, %r5, %r1;
	@%p1 bra $L__BB0_2;
	cvta.to.global.u64 %rd3, %rd1;
	cvta.to.global.u64 %rd4, %rd2;
	mul.wide.s32 %rd5, %r5, 4;
	add.s64 %rd6, %rd4, %rd5;
	ld.global.f32 %f2, [%rd6];
	mul.rn.f32 %f3, %f1, %f2;
	add.s64 %rd7, %rd3, %rd5;
	st.global.f32 [%rd7], %f3;
$L__BB0_2:
	ret;
}

.visible .entry add(
	.param .u64 add_param_0,
	.param .u64 add_param_1,
	.param .u32 add_param_2
)
{
	.reg .pred %p<2>;
	.reg .f32 %f<4>;
	.reg .b32 %r<6>;
	.reg .b64 %rd<8>;

	ld.param.u64 %rd1, [add_param_0];
	ld.param.u64 %rd2, [add_param_1];
	ld.param.u32 %r1, [add_param_2];
	mov.u32 %r2, %ctaid.x;
	mov.u32 %r3, %ntid.x;
	mov.u32 %r4, %tid.x;
	mad.lo.s32 %r5, %r2, %r3, %r4;
	setp.ge.s32 %p1, %r5, %r1;
	@%p1 bra $L__BB1_2;
	cvta.to.global.u64 %rd3, %rd1;
	cvta.to.global.u64 %rd4, %rd2;
	mul.wide.s32 %rd5, %r5, 4;
	add.s64 %rd6, %rd4, %rd5;
	add.s64 %rd7, %rd3, %rd5;
	ld.global.f32 %f1, [%rd6];
	ld.global.f32 %f2, [%rd7];
	add.rn.f32 %f3, %f2, %f1;
	st.global.f32 [%rd7], %f3;
$L__BB1_2:
	ret;
}

.visible .entry mirror(
	.param .u64 mirror_param_0,
	.param .u64 mirror_param_1,
	.param .u32 mirror_param_2
)
{
	.reg .pred %p<5>;
	.reg .b32 %r<16>;
	.reg .b64 %rd<10>;

	ld.param.u64 %rd1, [mirror_param_0];
	ld.param.u64 %rd2, [mirror_param_1];
	ld.param.u32 %r1, [mirror_param_2];
	cvta.to.global.u64 %rd3, %rd1;
	cvta.to.global.u64 %rd4, %rd2;
	mov.u32 %r2, %ntid.x;
	mov.u32 %r3, %tid.x;
	mov.u32 %r4, room;
	mov.u32 %r5, %r3;
	setp.ge.s32 %p1, %r5, %r1;
	@%p1 bra $L__BB2_2;
$L__BB2_1:
	mul.wide.s32 %rd5, %r5, 4;
	add.s64 %rd6, %rd4, %rd5;
	ld.global.u32 %r6, [%rd6];
	shl.b32 %r7, %r5, 2;
	add.s32 %r8, %r4, %r7;
	st.shared.u32 [%r8], %r6;
	add.s32 %r5, %r5, %r2;
	setp.lt.s32 %p2, %r5, %r1;
	@%p2 bra $L__BB2_1;
$L__BB2_2:
	bar.sync 0;
	mov.u32 %r9, %r3;
	setp.ge.s32 %p3, %r9, %r1;
	@%p3 bra $L__BB2_4;
$L__BB2_3:
	sub.s32 %r10, %r1, %r9;
	add.s32 %r11, %r10, -1;
	shl.b32 %r12, %r11, 2;
	add.s32 %r13, %r4, %r12;
	ld.shared.u32 %r14, [%r13];
	mul.wide.s32 %rd7, %r9, 4;
	add.s64 %rd8, %rd3, %rd7;
	st.global.u32 [%rd8], %r14;
	add.s32 %r9, %r9, %r2;
	setp.lt.s32 %p4, %r9, %r1;
	@%p4 bra $L__BB2_3;
$L__BB2_4:
	ret;
}
`

// broken is no PTX: the translator says so.
const broken = ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry broken() { no.such.instruction %r1; }\n"
