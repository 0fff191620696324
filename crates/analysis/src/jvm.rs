//! What Java virtual machines report about themselves.

use std::sync::Arc;

use skytrail_model::jvm::{JvmReport, JvmSample};
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::directory::NO_NODE;
use crate::oal::event::{Event, NULL, jvm};
use crate::oal::schema::Source;
use crate::source::{Circumstances, Slot, Sources};

/// The instance, for each source in the order of their numbers.
static SLOTS: [Slot; 6] = [
    Slot::unlisted(Scope::ServiceInstance, Source::JvmCpu),
    Slot::unlisted(Scope::ServiceInstance, Source::JvmMemory),
    Slot::unlisted(Scope::ServiceInstance, Source::JvmMemoryPool),
    Slot::unlisted(Scope::ServiceInstance, Source::JvmGc),
    Slot::unlisted(Scope::ServiceInstance, Source::JvmThread),
    Slot::unlisted(Scope::ServiceInstance, Source::JvmClass),
];

/// Counts the samples of one report.
pub(crate) fn report(sources: &mut Sources<'_>, report: &JvmReport) {
    let service = sources.service(&report.service, Layer::GENERAL);
    let instance = sources.instance(service, &report.instance);
    for sample in &report.samples {
        if sources.admits(sample.time) {
            count(sources, (service, instance), sample);
        }
    }
}

fn count(sources: &mut Sources<'_>, of: (u32, u32), sample: &JvmSample) {
    let minute = Minute::of_nanos(sample.time);
    let mut put = |source, numbers: &[i64]| event(sources, of, minute, source, numbers);
    // SkyWalking shows an idle processor as one per cent.
    put(Source::JvmCpu, &[sample.cpu_percent.max(1.0).to_bits() as i64]);
    for memory in &sample.memory {
        put(Source::JvmMemory, &[i64::from(memory.is_heap), memory.max, memory.used]);
    }
    for pool in &sample.pools {
        let constant = pool.pool.map_or(NULL, |pool| pool as i64);
        put(Source::JvmMemoryPool, &[constant, pool.used]);
    }
    for gc in &sample.collections {
        let constant = gc.phase.map_or(NULL, |phase| phase as i64);
        put(Source::JvmGc, &[constant, gc.time_ms, gc.count]);
    }
    let threads = &sample.threads;
    put(
        Source::JvmThread,
        &[
            threads.live,
            threads.daemon,
            threads.peak,
            threads.runnable,
            threads.blocked,
            threads.waiting,
            threads.timed_waiting,
        ],
    );
    let classes = &sample.classes;
    put(Source::JvmClass, &[classes.loaded, classes.total_unloaded, classes.total_loaded]);
}

/// Counts one event whose numbers stand in the order of the source's attributes.
fn event(
    sources: &mut Sources<'_>,
    (service, instance): (u32, u32),
    minute: Minute,
    source: Source,
    numbers: &[i64],
) {
    let place = (source as usize).saturating_sub(Source::JvmCpu as usize);
    let slots = SLOTS.get(place..=place).unwrap_or_default();
    let at = Circumstances { minute, component: 0, layer: Layer::GENERAL };
    let route = sources.open([instance, NO_NODE, NO_NODE, NO_NODE], slots, at);
    let mut event = Event::empty();
    for (field, number) in (0..).zip(numbers) {
        event.set(field, *number);
    }
    let family = sources.plan.family(source);
    if family.reads_texts {
        for (scope, node, field) in [
            (Scope::ServiceInstance, instance, jvm::INSTANCE),
            (Scope::Service, service, jvm::SERVICE),
        ] {
            if let Some(name) = sources.directory.name(scope, node) {
                event.set_text(field, Arc::clone(name));
            }
        }
    }
    let answers = family.answers(&event);
    sources.apply(&route, minute, answers, &event);
}
