// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;
import org.osgi.util.promise.Promise;

class ComponentsTest {
    private static final String UNUSED = "never asked for";

    /** A runtime with one component and its instances, as Declarative Services describes them. */
    private record OneComponent(ComponentDescriptionDTO component, List<ComponentConfigurationDTO> instances)
            implements ServiceComponentRuntime {
        @Override
        public Collection<ComponentDescriptionDTO> getComponentDescriptionDTOs(Bundle... bundles) {
            return List.of(component);
        }

        @Override
        public Collection<ComponentConfigurationDTO> getComponentConfigurationDTOs(ComponentDescriptionDTO of) {
            return instances;
        }

        @Override
        public ComponentDescriptionDTO getComponentDescriptionDTO(Bundle bundle, String name) {
            throw new UnsupportedOperationException(UNUSED);
        }

        @Override
        public boolean isComponentEnabled(ComponentDescriptionDTO description) {
            throw new UnsupportedOperationException(UNUSED);
        }

        @Override
        public Promise<Void> enableComponent(ComponentDescriptionDTO description) {
            throw new UnsupportedOperationException(UNUSED);
        }

        @Override
        public Promise<Void> disableComponent(ComponentDescriptionDTO description) {
            throw new UnsupportedOperationException(UNUSED);
        }
    }

    private static ComponentDescriptionDTO component() {
        ComponentDescriptionDTO component = new ComponentDescriptionDTO();
        component.name = "EMAIterHook";
        component.serviceInterfaces = new String[] {"org.hookline.api.Hook"};
        ReferenceDTO reference = new ReferenceDTO();
        reference.name = "gpu";
        reference.interfaceName = "org.example.Gpu";
        component.references = new ReferenceDTO[] {reference};
        return component;
    }

    private static ComponentConfigurationDTO instance(int state, String run) {
        ComponentConfigurationDTO instance = new ComponentConfigurationDTO();
        instance.description = component();
        instance.state = state;
        instance.properties = Map.of("run.id", run);
        instance.unsatisfiedReferences = new UnsatisfiedReferenceDTO[0];
        return instance;
    }

    private static Components of(ComponentConfigurationDTO... instances) {
        return new Components(new OneComponent(component(), List.of(instances)));
    }

    @Test
    void aFailedActivationTellsItsReasonOnceForTheRightInstance() {
        ComponentConfigurationDTO failed = instance(ComponentConfigurationDTO.FAILED_ACTIVATION, "a");
        failed.failure = """
                java.lang.reflect.InvocationTargetException
                \tat x
                Caused by: org.hookline.api.UserError: decay is 2
                \tat y
                """;
        Components components = of(failed);
        assertThat(components.failure(d -> true, c -> "a".equals(c.properties.get("run.id"))))
                .contains(new Reason(true, "decay is 2"));
        assertThat(components.failure(d -> true, c -> "b".equals(c.properties.get("run.id")))).isEmpty();
        assertThat(components.failure(d -> d.name.equals("Other"), c -> true)).isEmpty();
        assertThat(of(instance(ComponentConfigurationDTO.ACTIVE, "a")).failure(d -> true, c -> true)).isEmpty();
        assertThat(of(instance(ComponentConfigurationDTO.ACTIVE, "a")).active(d -> true, c -> true)).isTrue();
        assertThat(of(instance(ComponentConfigurationDTO.SATISFIED, "a")).active(d -> true, c -> true)).isFalse();
    }

    @Test
    void aMissingReferenceIsNamedByItsService() {
        ComponentConfigurationDTO waiting = instance(ComponentConfigurationDTO.UNSATISFIED_REFERENCE, "a");
        UnsatisfiedReferenceDTO missing = new UnsatisfiedReferenceDTO();
        missing.name = "gpu";
        missing.target = "(id=0)";
        waiting.unsatisfiedReferences = new UnsatisfiedReferenceDTO[] {missing};
        assertThat(of(waiting).waiting(d -> true, c -> true))
                .isEqualTo(new Reason(false, "its component waits: no service org.example.Gpu (id=0)"));
        assertThat(of().waiting(d -> true, c -> true).text()).contains("takes no configuration");
    }
}
