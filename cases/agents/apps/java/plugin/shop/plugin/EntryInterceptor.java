package shop.plugin;

import com.sun.net.httpserver.HttpExchange;
import java.lang.reflect.Method;
import org.apache.skywalking.apm.agent.core.context.CarrierItem;
import org.apache.skywalking.apm.agent.core.context.ContextCarrier;
import org.apache.skywalking.apm.agent.core.context.ContextManager;
import org.apache.skywalking.apm.agent.core.context.tag.Tags;
import org.apache.skywalking.apm.agent.core.context.trace.AbstractSpan;
import org.apache.skywalking.apm.agent.core.context.trace.SpanLayer;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.EnhancedInstance;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.MethodInterceptResult;
import org.apache.skywalking.apm.network.trace.component.ComponentsDefine;

/** Entry span of a request, continued from its propagation headers. */
public final class EntryInterceptor extends Interceptor {
    @Override
    public void beforeMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        MethodInterceptResult result) {
        HttpExchange exchange = (HttpExchange) arguments[0];
        ContextCarrier carrier = new ContextCarrier();
        for (CarrierItem item = carrier.items(); item.hasNext();) {
            item = item.next();
            item.setHeadValue(exchange.getRequestHeaders().getFirst(item.getHeadKey()));
        }
        String verb = exchange.getRequestMethod();
        AbstractSpan span = ContextManager.createEntrySpan(verb + ":" + exchange.getRequestURI().getPath(), carrier);
        span.setComponent(ComponentsDefine.JETTY_SERVER);
        span.setLayer(SpanLayer.HTTP);
        span.setPeer(exchange.getRemoteAddress().toString().substring(1));
        Tags.URL.set(span, "http://" + exchange.getRequestHeaders().getFirst("Host") + exchange.getRequestURI());
        Tags.HTTP.METHOD.set(span, verb);
    }

    @Override
    public Object afterMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        Object answer) {
        int status = ((HttpExchange) arguments[0]).getResponseCode();
        AbstractSpan span = ContextManager.activeSpan();
        Tags.HTTP_RESPONSE_STATUS_CODE.set(span, status);
        if (status >= 400) {
            span.errorOccurred();
        }
        ContextManager.stopSpan();
        return answer;
    }
}
