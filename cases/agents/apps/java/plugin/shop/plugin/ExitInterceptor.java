package shop.plugin;

import java.lang.reflect.Method;
import java.util.Map;
import org.apache.skywalking.apm.agent.core.context.CarrierItem;
import org.apache.skywalking.apm.agent.core.context.ContextCarrier;
import org.apache.skywalking.apm.agent.core.context.ContextManager;
import org.apache.skywalking.apm.agent.core.context.tag.Tags;
import org.apache.skywalking.apm.agent.core.context.trace.AbstractSpan;
import org.apache.skywalking.apm.agent.core.context.trace.SpanLayer;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.EnhancedInstance;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.MethodInterceptResult;
import org.apache.skywalking.apm.network.trace.component.ComponentsDefine;
import shop.NextClient;

/** Exit span of a call; its context travels in the headers the client is about to send. */
public final class ExitInterceptor extends Interceptor {
    @Override
    @SuppressWarnings("unchecked")
    public void beforeMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        MethodInterceptResult result) {
        NextClient client = (NextClient) (Object) target;
        if (client.peer() == null) {
            return;
        }
        ContextCarrier carrier = new ContextCarrier();
        AbstractSpan span = ContextManager.createExitSpan(client.path(), carrier, client.peer());
        span.setComponent(ComponentsDefine.HTTPCLIENT);
        span.setLayer(SpanLayer.HTTP);
        Tags.HTTP.METHOD.set(span, "GET");
        Tags.URL.set(span, "http://" + client.peer() + client.path());
        for (CarrierItem item = carrier.items(); item.hasNext();) {
            item = item.next();
            ((Map<String, String>) arguments[1]).put(item.getHeadKey(), item.getHeadValue());
        }
    }

    @Override
    public Object afterMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        Object answer) {
        if (((NextClient) (Object) target).peer() == null) {
            return answer;
        }
        AbstractSpan span = ContextManager.activeSpan();
        if (answer instanceof Integer && (Integer) answer >= 400) {
            span.errorOccurred();
        }
        if (answer instanceof Integer) {
            Tags.HTTP_RESPONSE_STATUS_CODE.set(span, (Integer) answer);
        }
        ContextManager.stopSpan();
        return answer;
    }
}
