// SPDX-License-Identifier: BSD-2-Clause
// One version of the scripts takes the place of another: the calls for it, and the exchange of what they reach.
import CMosABI
import Engine
import Glibc
import Outputs

extension EngineCalls {
    /// Calls for another version of the scripts, which is loaded beside the one that `running` serves: its top level reaches
    /// a worker without packets, and what it prints is kept until ``exchange(with:)``.
    ///
    /// May be called while the running worker runs on another thread.
    ///
    /// - Parameter running: the calls of the version that runs.
    /// - Throws: ``WorkerError`` when the address space for the worker is refused.
    public convenience init(staging running: EngineCalls) throws(WorkerError) {
        let stage = try unsafe running.context.pointee.worker.makeStage()
        let seat = unsafe running.context.pointee.seat
        self.init(
            stage,
            writer: RecordWriter(collecting: ()),
            meeting: seat.meeting,
            index: seat.index
        )
        // Tables stay where they are, whoever asks.
        unsafe api.pointee.conns = running.api.pointee.conns
        unsafe api.pointee.exts = running.api.pointee.exts
        unsafe api.pointee.serial_high = running.api.pointee.serial_high
        unsafe api.pointee.counters = running.api.pointee.counters
        unsafe api.pointee.is_live = running.api.pointee.is_live
    }

    /// From now on the calls of `other` reach what these reached, and these what those did; between packets.
    func exchange(with other: EngineCalls) {
        let collected = unsafe other.context.pointee.writer
        unsafe swap(&context.pointee, &other.context.pointee)
        unsafe swap(&context.pointee.former, &other.context.pointee.former)
        unsafe other.context.pointee.worker.takePlace(of: &context.pointee.worker)
        let worker = unsafe other.context
        unsafe worker.pointee.writer.absorb(collected, key: worker.pointee.worker.position)
    }

    /// The version before, which keeps contexts of flows.
    func setFormer(_ former: FormerContexts?) { unsafe context.pointee.former = former }

    func fillReload() {
        unsafe api.pointee.reload_begin = { context in
            unsafe worker(context).pointee.worker.beginTakeOver()
            return 0
        }
        unsafe api.pointee.reload_socket = { context, type, number in
            unsafe worker(context).pointee.worker.claimSocket(type: type, number: number)
        }
        unsafe api.pointee.reload_finish = { context, slots, count, returns in
            let list = unsafe UnsafeBufferPointer(start: slots, count: Int(max(count, 0)))
            return unsafe worker(context).pointee.worker.finishTakeOver(
                slots: Array(list),
                returns: returns != 0
            )
        }
        unsafe api.pointee.reload_lost = { context, index in
            unsafe worker(context).pointee.worker.tellLost(index)
        }
        unsafe api.pointee.reload_accept = { context in
            unsafe worker(context).pointee.worker.acceptTakeOver()
            return 0
        }
        unsafe api.pointee.flow_limit = { context in
            unsafe worker(context).pointee.worker.flowLimit
        }
        unsafe api.pointee.set_carrying = { context, isOn in
            unsafe worker(context).pointee.worker.setCarrying(isOn != 0)
            return 0
        }
        fillFormer()
    }

    private func fillFormer() {
        unsafe api.pointee.former_context = { context, socket, flow in
            let context = unsafe worker(context)
            guard let former = unsafe context.pointee.former else { return 0 }
            return unsafe former.context(socket, flow, context.pointee.worker.eventAddress)
        }
        unsafe api.pointee.former_contexts = { context, most in
            let context = unsafe worker(context)
            guard let former = unsafe context.pointee.former else { return 0 }
            let length = unsafe former.some(most, context.pointee.worker.eventAddress)
            if length == 0 { unsafe context.pointee.former = nil }
            return length
        }
        unsafe api.pointee.forget_former = { context, flow in
            unsafe worker(context).pointee.former?.forget(flow)
            return 0
        }
    }
}
