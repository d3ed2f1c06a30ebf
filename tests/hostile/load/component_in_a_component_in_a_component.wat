;; Components in each other, twenty deep.
(component (component (component (component (component (component (component (component (component (component (component (component (component (component (component (component (component (component (component (component ))))))))))))))))))))
