// A transform of the AssemblyScript compiler, for the debug build: before it is optimised, every load, store, copy and fill
// of the module is put behind a check of assembly/debug/memory.ts, which an access outside of every buffer fails.
// `npm run compile:debug` gives it to the compiler.

import binaryen from "binaryen";

const MEMORY = "assembly/debug/memory/";
/** Functions of the layout that run unchecked, and what others call in their place. */
const REPLACED = { "assembly/layout/allocate": `${MEMORY}reserve`, "assembly/layout/release": `${MEMORY}release` };
/** Called by the checks; the entry exports them only so that the compiler keeps them. */
const CALLED = ["check", "register", "registerStatics", "release", "reserve"];
/** The map of assembly/debug/memory.ts: a byte for each block of 64. */
const BLOCK_BITS = 6;
const BLOCK_BYTES = 1 << BLOCK_BITS;
/** The custom section with the list of sites: for each check what it is of, "FUNCTION: KIND". */
const SITES = "sites";

/** Places of an expression that hold others, by the kind of expression. */
const CHILDREN = new Map([
  [binaryen.BlockId, ["children"]],
  [binaryen.IfId, ["condition", "ifTrue", "ifFalse"]],
  [binaryen.LoopId, ["body"]],
  [binaryen.BreakId, ["condition", "value"]],
  [binaryen.SwitchId, ["condition", "value"]],
  [binaryen.CallId, ["operands"]],
  [binaryen.CallIndirectId, ["target", "operands"]],
  [binaryen.LocalGetId, []],
  [binaryen.LocalSetId, ["value"]],
  [binaryen.GlobalGetId, []],
  [binaryen.GlobalSetId, ["value"]],
  [binaryen.LoadId, ["ptr"]],
  [binaryen.StoreId, ["ptr", "value"]],
  [binaryen.ConstId, []],
  [binaryen.UnaryId, ["value"]],
  [binaryen.BinaryId, ["left", "right"]],
  [binaryen.SelectId, ["condition", "ifTrue", "ifFalse"]],
  [binaryen.DropId, ["value"]],
  [binaryen.ReturnId, ["value"]],
  [binaryen.MemorySizeId, []],
  [binaryen.MemoryGrowId, ["delta"]],
  [binaryen.NopId, []],
  [binaryen.UnreachableId, []],
  [binaryen.SIMDExtractId, ["vec"]],
  [binaryen.SIMDReplaceId, ["vec", "value"]],
  [binaryen.SIMDShuffleId, ["left", "right"]],
  [binaryen.SIMDTernaryId, ["a", "b", "c"]],
  [binaryen.SIMDShiftId, ["vec", "shift"]],
  [binaryen.SIMDLoadId, ["ptr"]],
  [binaryen.SIMDLoadStoreLaneId, ["ptr", "vec"]],
  [binaryen.MemoryCopyId, ["dest", "source", "size"]],
  [binaryen.MemoryFillId, ["dest", "value", "size"]],
]);

/** Bytes that a vector's load of less than a vector reads. */
const LOAD_BYTES = new Map([
  [binaryen.Load8SplatVec128, 1],
  [binaryen.Load16SplatVec128, 2],
  [binaryen.Load32SplatVec128, 4],
  [binaryen.Load64SplatVec128, 8],
  [binaryen.Load8x8SVec128, 8],
  [binaryen.Load8x8UVec128, 8],
  [binaryen.Load16x4SVec128, 8],
  [binaryen.Load16x4UVec128, 8],
  [binaryen.Load32x2SVec128, 8],
  [binaryen.Load32x2UVec128, 8],
  [binaryen.Load32ZeroVec128, 4],
  [binaryen.Load64ZeroVec128, 8],
]);

/** Bytes of one lane. */
const LANE_BYTES = new Map([
  [binaryen.Load8LaneVec128, 1],
  [binaryen.Load16LaneVec128, 2],
  [binaryen.Load32LaneVec128, 4],
  [binaryen.Load64LaneVec128, 8],
  [binaryen.Store8LaneVec128, 1],
  [binaryen.Store16LaneVec128, 2],
  [binaryen.Store32LaneVec128, 4],
  [binaryen.Store64LaneVec128, 8],
]);

/** Puts the checks into one module. */
class Checks {
  #module;
  #sites = [];
  #places = new Map();
  #locals = new Map();
  /** Pieces of static data, in the order of their addresses. */
  #statics;

  constructor(module) {
    this.#module = module;
  }

  add() {
    const functions = Array.from({ length: this.#module.getNumFunctions() }, (_, index) =>
      this.#module.getFunctionByIndex(index),
    );
    const names = functions.map((one) => binaryen.getFunctionInfo(one).name);
    for (const name of [...CALLED.map((called) => MEMORY + called), ...Object.keys(REPLACED)]) {
      if (!names.includes(name)) throw new Error(`scripts/check-memory.mjs finds no function ${name}`);
    }
    // Before any functions change: the list of data is asked for by index.
    this.#registerStatics();
    functions.forEach((one, index) => {
      const name = names[index];
      if (name.startsWith(MEMORY) || name in REPLACED) return;
      const body = binaryen.Function.getBody(one);
      if (body !== 0) this.#visit(body, name, one);
    });
    this.#startWithStatics();
    this.#removeExports();
    this.#module.addCustomSection(SITES, new TextEncoder().encode(JSON.stringify(this.#sites)));
  }

  #removeExports() {
    const module = this.#module;
    Array.from({ length: module.getNumExports() }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)))
      .filter(({ value }) => value.startsWith(MEMORY))
      .forEach(({ name }) => {
        module.removeExport(name);
      });
  }

  #site(name, kind) {
    const site = `${name}: ${kind}`;
    const known = this.#places.get(site);
    if (known !== undefined) return this.#constant(known);
    this.#places.set(site, this.#sites.length);
    return this.#constant(this.#sites.push(site) - 1);
  }

  #constant(value) {
    return this.#module.i32.const(value);
  }

  #registerStatics() {
    const module = this.#module;
    this.#statics = Array.from({ length: binaryen._BinaryenGetNumDataSegments(module.ptr) }, (_, index) => {
      const segment = binaryen._BinaryenGetDataSegmentByIndex(module.ptr, index);
      const start = binaryen._BinaryenGetDataSegmentByteOffset(module.ptr, segment);
      const bytes = binaryen._BinaryenGetDataSegmentByteLength(segment);
      return { start, bytes };
    }).sort((one, other) => one.start - other.start);
    const calls = this.#statics.map(({ start, bytes }) =>
      module.call(
        `${MEMORY}register`,
        [this.#constant(start), this.#constant(bytes), this.#site("static data", "")],
        binaryen.none,
      ),
    );
    binaryen.Function.setBody(module.getFunction(`${MEMORY}registerStatics`), module.block(null, calls, binaryen.none));
  }

  #startWithStatics() {
    const register = `${MEMORY}registerStatics`;
    const start = this.#module.getStart();
    if (start === 0) {
      this.#module.setStart(this.#module.getFunction(register));
      return;
    }
    const body = binaryen.Function.getBody(start);
    binaryen.Function.setBody(
      start,
      this.#module.block(null, [this.#module.call(register, [], binaryen.none), body], binaryen.none),
    );
  }

  /** Checks what lies below an expression, and then the expression itself. */
  #visit(expression, name, within) {
    const id = binaryen.getExpressionId(expression);
    const children = CHILDREN.get(id);
    // What this file does not know could be an access.
    if (children === undefined) throw new Error(`${name}: scripts/check-memory.mjs knows no expression ${id}`);
    if (children.length === 0) return;
    const info = binaryen.getExpressionInfo(expression);
    for (const child of children.flatMap((place) => info[place])) {
      if (child) this.#visit(child, name, within);
    }
    switch (id) {
      case binaryen.LoadId:
        binaryen.Load.setPtr(expression, this.#checked(info, info.bytes, this.#site(name, "load"), within));
        break;
      case binaryen.StoreId:
        binaryen.Store.setPtr(expression, this.#checked(info, info.bytes, this.#site(name, "store"), within));
        break;
      case binaryen.SIMDLoadId:
        binaryen.SIMDLoad.setPtr(
          expression,
          this.#checked(info, knownBytes(LOAD_BYTES, info.op, name), this.#site(name, "load"), within),
        );
        break;
      case binaryen.SIMDLoadStoreLaneId: {
        const kind = binaryen.SIMDLoadStoreLane.isStore(expression) ? "store of a lane" : "load of a lane";
        binaryen.SIMDLoadStoreLane.setPtr(
          expression,
          this.#checked(info, knownBytes(LANE_BYTES, info.op, name), this.#site(name, kind), within),
        );
        break;
      }
      case binaryen.MemoryCopyId: {
        const { get, check } = this.#ranges(within);
        binaryen.MemoryCopy.setDest(expression, get(info.dest));
        binaryen.MemoryCopy.setSource(expression, get(info.source));
        binaryen.MemoryCopy.setSize(
          expression,
          check(info.size, [this.#site(name, "copy, target"), this.#site(name, "copy, source")]),
        );
        break;
      }
      case binaryen.MemoryFillId: {
        const { get, check } = this.#ranges(within);
        binaryen.MemoryFill.setDest(expression, get(info.dest));
        binaryen.MemoryFill.setSize(expression, check(info.size, [this.#site(name, "fill")]));
        break;
      }
      case binaryen.CallId: {
        const instead = REPLACED[info.target];
        if (instead === undefined) break;
        binaryen.Call.setTarget(expression, instead);
        if (!instead.endsWith("/reserve")) break;
        if (binaryen.getExpressionType(info.operands[0]) === binaryen.i32) {
          binaryen.Call.setOperandAt(expression, 0, this.#module.i64.extend_u(info.operands[0]));
        }
        binaryen.Call.appendOperand(expression, this.#site(name, "buffer"));
        break;
      }
    }
  }

  /** An access's address, checked: by the map, which allows most, or else by a call. Constant ones are checked here. */
  #checked({ ptr, offset }, bytes, site, within) {
    if (this.#isStatic(ptr, offset, bytes)) return ptr;
    const { i32, local, block, if: when, call } = this.#module;
    const kept = this.#localOf(within);
    const address = () => i32.add(local.get(kept, binaryen.i32), this.#constant(offset));
    const allowed = i32.load8_u(0, 1, i32.shr_u(address(), this.#constant(BLOCK_BITS)));
    const wanted = i32.add(i32.and(address(), this.#constant(BLOCK_BYTES - 1)), this.#constant(bytes));
    const search = call(`${MEMORY}check`, [address(), this.#constant(bytes), site], binaryen.none);
    return block(
      null,
      [local.set(kept, ptr), when(i32.lt_u(allowed, wanted), search), local.get(kept, binaryen.i32)],
      binaryen.i32,
    );
  }

  #isStatic(ptr, offset, bytes) {
    if (binaryen.getExpressionId(ptr) !== binaryen.ConstId) return false;
    const address = binaryen.getExpressionInfo(ptr).value + offset;
    return this.#statics.some(({ start, bytes: length }) => address >= start && address + bytes <= start + length);
  }

  /** One local for the addresses of a function: each is set and read without another in between. */
  #localOf(within) {
    const known = this.#locals.get(within);
    const local = known ?? binaryen._BinaryenFunctionAddVar(within, binaryen.i32);
    this.#locals.set(within, local);
    return local;
  }

  /**
   * Locals of a function that keep addresses until the size is known: `get` keeps one and passes it on, `check` passes the
   * size on and checks what was kept, in the order in which it was.
   */
  #ranges(within) {
    const module = this.#module;
    const kept = [];
    const local = () => binaryen._BinaryenFunctionAddVar(within, binaryen.i32);
    return {
      get: (address) => {
        const index = local();
        kept.push(index);
        return module.local.tee(index, address, binaryen.i32);
      },
      check: (size, sites) => {
        const index = local();
        const calls = kept.map((address, place) =>
          module.call(
            `${MEMORY}check`,
            [module.local.get(address, binaryen.i32), module.local.get(index, binaryen.i32), sites[place]],
            binaryen.none,
          ),
        );
        return module.block(
          null,
          [module.local.set(index, size), ...calls, module.local.get(index, binaryen.i32)],
          binaryen.i32,
        );
      },
    };
  }
}

function knownBytes(table, operation, name) {
  const bytes = table.get(operation);
  if (bytes === undefined) throw new Error(`${name}: scripts/check-memory.mjs knows no operation ${operation}`);
  return bytes;
}

export default class CheckMemory {
  /** Called by the compiler, which reports what this throws. */
  afterCompile(module) {
    new Checks(module).add();
  }
}
