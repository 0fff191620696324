//! What the Java processes of the shop measure of themselves.

use skytrail_proto::v3::{
    Class, Cpu, Gc, GcPhase, JvmMetric, JvmMetricCollection, Memory, MemoryPool, PoolType, Thread,
};

use super::instance::Instance;
use crate::random::Random;

const MIB: i64 = 1024 * 1024;
const HEAP_MAX: i64 = 512 * MIB;
const NEW_MAX: i64 = 160 * MIB;
const OLD_MAX: i64 = 352 * MIB;

/// The reading of one instance for the second that contains `unix_nanos`. It follows from the
/// instance and the time alone.
pub(super) fn reading(instance: &Instance, unix_nanos: i64) -> JvmMetricCollection {
    let second = unix_nanos.div_euclid(1_000_000_000);
    // The young generation fills for so many seconds and is then collected.
    let period = 6 + (instance.temper % 7) as i64;
    let phase = (second + (instance.temper >> 8) as i64 % period).rem_euclid(period);
    let collected = phase == 0;
    let mut noise = Random::part(instance.temper, second as u64);
    let young = 12 * MIB + phase * 120 * MIB / period + noise.between(0, 2 * MIB);
    let old = 90 * MIB + (instance.temper >> 16) as i64 % (60 * MIB);
    let metric = JvmMetric {
        time: unix_nanos.div_euclid(1_000_000),
        cpu: Some(Cpu { usage_percent: noise.between(300, 2_200) as f64 / 100.0 }),
        memory: vec![
            memory(true, HEAP_MAX, young + old),
            memory(false, 256 * MIB, 92 * MIB + noise.between(0, MIB)),
        ],
        memory_pool: pools(young, old),
        gc: vec![
            Gc {
                phase: GcPhase::New.into(),
                count: i64::from(collected),
                time: if collected { noise.between(4, 24) } else { 0 },
            },
            Gc { phase: GcPhase::Old.into(), count: 0, time: 0 },
        ],
        thread: Some(threads(&mut noise)),
        clazz: Some(Class {
            loaded_class_count: 11_240,
            total_unloaded_class_count: 12,
            total_loaded_class_count: 11_252,
        }),
    };
    JvmMetricCollection {
        metrics: vec![metric],
        service: instance.service.name.to_owned(),
        service_instance: instance.name.clone(),
    }
}

fn memory(is_heap: bool, max: i64, used: i64) -> Memory {
    Memory { is_heap, init: 64 * MIB, max, used, committed: max.min(used + 32 * MIB) }
}

fn pools(young: i64, old: i64) -> Vec<MemoryPool> {
    let pool = |kind: PoolType, max: i64, used: i64| MemoryPool {
        r#type: kind.into(),
        init: 8 * MIB,
        max,
        used,
        committed: max.min(used + 4 * MIB),
    };
    vec![
        pool(PoolType::NewgenUsage, NEW_MAX, young),
        pool(PoolType::OldgenUsage, OLD_MAX, old),
        pool(PoolType::SurvivorUsage, 16 * MIB, 6 * MIB),
        pool(PoolType::MetaspaceUsage, 128 * MIB, 64 * MIB),
        pool(PoolType::CodeCacheUsage, 48 * MIB, 21 * MIB),
    ]
}

fn threads(noise: &mut Random) -> Thread {
    let runnable = noise.between(8, 20);
    let blocked = noise.between(0, 1);
    let waiting = noise.between(14, 22);
    let timed_waiting = noise.between(10, 18);
    let live = runnable + blocked + waiting + timed_waiting;
    Thread {
        live_count: live,
        daemon_count: live - 4,
        peak_count: 64,
        runnable_state_thread_count: runnable,
        blocked_state_thread_count: blocked,
        waiting_state_thread_count: waiting,
        timed_waiting_state_thread_count: timed_waiting,
    }
}
